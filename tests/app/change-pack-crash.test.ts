import assert from 'node:assert/strict';
import { once } from 'node:events';
import { watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { packInForce } from '../../src/app/pack-in-force.ts';
import { loadPack } from '../../src/packs/pack.ts';
import { addAppliedPack } from '../../src/state/applied-packs.ts';
import { runCommand } from '../cli/run-command.ts';
import { mixedEvents } from '../durability/mixed-events.ts';
import { stateOf } from '../durability/state-check.ts';
import { configOf } from '../support/config-of.ts';
import { stateAfter } from '../support/folded-log.ts';
import { Client } from '../support/http-client.ts';
import { packFiles, packFolder } from '../support/pack-folder.ts';
import { type Service, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const orders = { name: 'orders', kind: 'count', event: 'order.placed', unit: 'orders' };
const views = { name: 'views', kind: 'count', event: 'product.viewed', unit: 'views' };
const fading = { name: 'fading', kind: 'decayed', event: 'order.placed', halfLife: '30d', unit: 'orders' };
const [OLD, NEW] = [packFolder({ features: [orders, fading] }), packFolder({ features: [views, fading, orders] })];
const SHA256 = { [OLD]: loadPack(OLD).sha256, [NEW]: loadPack(NEW).sha256 };

const served = async (t: TestContext, dataDir: string, args: string[] = []) => {
  const service = await startService(t, { dataDir, args: ['--pack', OLD, '--clock', 'log', ...args] });
  return { service, client: new Client(t, service.http) };
};

const inForce = async (client: Client): Promise<string> => (await client.ask('/v1/packs/current')).json.sha256;

const change = (client: Client, pack: string) => client.ask('/v1/packs', { body: { files: packFiles(pack) } });

/** How many changes the log holds. */
const changesLogged = async (dataDir: string): Promise<number> => {
  const { code, stdout } = await runCommand(['inspect', 'log', '--data-dir', dataDir]);
  assert.equal(code, 0);
  return JSON.parse(stdout).byType['pack.changed'] ?? 0;
};

const assertFolded = async (service: Service, dataDir: string, pack: string): Promise<void> => {
  const state = await stateOf(service);
  assert.deepEqual(await stateAfter(join(dataDir, 'log.db'), pack, state.logOffset + 1), state);
};

type Moment = (client: Client, pack: string, dataDir: string) => Promise<unknown>;

/** When the service dies: as the change is asked for, as its files are kept, and as it is answered. */
const MOMENTS: Readonly<Record<string, Moment>> = {
  async answered(client, pack) {
    assert.equal((await change(client, pack)).status, 200);
  },
  async asked(client, pack) {
    void change(client, pack).catch(() => {});
    // Answered behind it on the same thread.
    await client.ask('/livez');
  },
  async kept(client, pack, dataDir) {
    const watcher = watch(join(dataDir, 'packs'));
    void change(client, pack).catch(() => {});
    for (let name = ''; name !== 'applied.json'; ) [, name] = await once(watcher, 'change');
    watcher.close();
  },
};

test('SIGKILL during a change of the pack: old or new, as the log says, never between', async (t) => {
  const dataDir = join(tempFolder(t), 'data');
  let { service, client } = await served(t, dataDir);
  let pack = OLD;
  let changes = 0;
  for (const [number, [name, until]] of Object.entries(MOMENTS).entries()) {
    const { json } = await client.events(mixedEvents(number * 100, number * 100 + 100));
    assert.deepEqual(json.rejected, []);
    const { eventsApplied } = await stateOf(service);
    const other = pack === OLD ? NEW : OLD;
    await until(client, other, dataDir);
    await service.kill9();
    const logged = await changesLogged(dataDir);
    assert.ok(logged - changes <= 1 && (name !== 'answered' || logged > changes), name);
    if (logged > changes) pack = other;
    ({ service, client } = await served(t, dataDir));
    assert.equal(await inForce(client), SHA256[pack], name);
    assert.equal((await stateOf(service)).eventsApplied, eventsApplied + logged - changes, name);
    await assertFolded(service, dataDir, pack);
    changes = logged;
  }
});

test('files that were kept for a change that never happened mean nothing', async (t) => {
  const dataDir = join(tempFolder(t), 'data');
  const first = await served(t, dataDir);
  await first.client.events(mixedEvents(0, 100));
  const { logOffset } = await stateOf(first.service);
  await first.service.kill9();
  const kept = { sha256: SHA256[NEW], version: '1', folderSha256: SHA256[OLD], fromOffset: logOffset + 1 };
  addAppliedPack(dataDir, kept, packFiles(NEW));
  const { service, client } = await served(t, dataDir);
  assert.equal(await inForce(client), SHA256[OLD]);
  assert.equal((await change(client, NEW)).json.applied, true, 'and the same change can be made');
  await service.kill9();
  assert.equal((await packInForce(configOf(OLD, dataDir))).applied?.sha256, SHA256[NEW]);
});

test('apply, check, backup and inspect agree on the pack in force', async (t) => {
  const dataDir = join(tempFolder(t), 'data');
  const { service, client } = await served(t, dataDir);
  await client.events(mixedEvents(0, 200));
  const url = `http://${service.http}`;
  const apply = (...args: string[]) => runCommand(['apply', ...args, '--url', url]);
  const before = await stateOf(service);
  const dry = await apply(NEW, '--dry-run');
  assert.deepEqual([dry.code, dry.stderr], [0, '']);
  assert.match(dry.stdout, /^\+ {3}feature views: count, \+1 word of a row$/m);
  assert.deepEqual(await stateOf(service), before);
  const applied = await apply(NEW);
  assert.deepEqual([applied.code, applied.stderr], [0, '']);
  assert.match(
    applied.stdout,
    new RegExp(`^ok  pack shop 1 is in force after .* log offset 200, ${SHA256[NEW]}$`, 'm'),
  );
  assert.match((await apply(NEW)).stdout, /this pack is in force/);
  const bank = packFolder({ name: 'bank', features: [orders] });
  const refused = await apply(bank);
  assert.deepEqual([refused.code, /^-- {2}.*refused by the pack bank$/m.test(refused.stdout)], [1, true]);
  assert.equal((await runCommand(['apply'])).code, 2);
  const nobody = await runCommand(['apply', NEW, '--url', 'http://127.0.0.1:1']);
  assert.deepEqual([nobody.code, /^beckon: NOT_READY: /.test(nobody.stderr)], [1, true]);

  const state = await stateOf(service);
  const pack = ['--pack', OLD, '--clock', 'log'];
  const copy = join(tempFolder(t), 'copy');
  assert.equal((await runCommand(['backup', copy, '--data-dir', dataDir])).code, 0);
  await service.stop();
  const inspected = await runCommand(['inspect', 'state', '--data-dir', dataDir, ...pack]);
  assert.deepEqual(JSON.parse(inspected.stdout), state);
  const checked = await runCommand(['check', '--data-dir', dataDir, '--pack', OLD]);
  assert.match(checked.stdout, /^ok {2}applied: .* pack 1 is in force$/m);
  const restored = join(tempFolder(t), 'restored');
  const all = await runCommand(['restore', copy, '--data-dir', restored, ...pack]);
  assert.deepEqual(JSON.parse(all.stdout), state);
  const early = join(tempFolder(t), 'early');
  const some = await runCommand(['restore', copy, '--until', '200', '--data-dir', early, ...pack]);
  assert.deepEqual(JSON.parse(some.stdout), before, 'before the change it is the old pack');
});

test('with a bound on rows the change is the same', async (t) => {
  const dataDir = join(tempFolder(t), 'data');
  const config = join(tempFolder(t), 'beckon.yaml');
  writeFileSync(config, 'limits: { rowsMax: 16 }\n');
  const { service, client } = await served(t, dataDir, ['--config', config]);
  await client.events(mixedEvents(0, 300));
  for (const pack of [NEW, OLD, NEW]) {
    const [{ status }] = await Promise.all([change(client, pack), client.events(mixedEvents(300, 400))]);
    assert.equal(status, 200);
    const { status: found } = await client.ask('/v1/customers/m1');
    assert.equal(found, 200);
    await assertFolded(service, dataDir, pack);
  }
  assert.equal(await service.stop(), 0);
});
