import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { packInForce } from '../../src/app/pack-in-force.ts';
import { packSha256 } from '../../src/packs/pack-source.ts';
import { mixedEvents } from '../durability/mixed-events.ts';
import { stateOf } from '../durability/state-check.ts';
import { SHOP_FEATURES, SHOP_FOLDER } from '../support/bundles.ts';
import { configOf } from '../support/config-of.ts';
import { stateAfter } from '../support/folded-log.ts';
import { Client } from '../support/http-client.ts';
import { packFiles, packFolder } from '../support/pack-folder.ts';
import { type Service, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const orders = { name: 'orders', kind: 'count', event: 'order.placed', unit: 'orders' };
const paid = { name: 'paid', kind: 'sum', event: 'order.placed', field: 'amount', unit: 'money' };
const fading = { name: 'fading', kind: 'decayed', event: 'order.placed', halfLife: '30d', unit: 'orders' };
const views = { name: 'views', kind: 'count', event: 'product.viewed', unit: 'views' };
const sources = { name: 'sources', kind: 'count', event: 'order.placed', by: 'attribute:source', unit: 'orders' };

const OLD = { features: [orders, fading, views, sources], segments: { pack: [{ is: 'old' }] } };
/** Every word moves, one feature goes, one comes, one changes its meaning. */
const NEW = {
  features: [paid, orders, { ...fading, halfLife: '60d' }, { ...sources, event: 'product.viewed' }],
  segments: { pack: [{ is: 'new' }] },
};
const NAMES = { old: OLD.features.map(({ name }) => name), new: NEW.features.map(({ name }) => name) };
const AT = '2026-12-01T00:00:00Z';

const served = async (t: TestContext, pack: string, dataDir = join(tempFolder(t), 'data'), args: string[] = []) => {
  const service = await startService(t, { dataDir, args: ['--pack', pack, '--clock', 'log', ...args] });
  return { service, dataDir, client: new Client(t, service.http) };
};

const post = async (client: Client, events: readonly object[]): Promise<number> => {
  const { status, json } = await client.events(events);
  assert.deepEqual([status, json.rejected], [202, []]);
  return json.accepted;
};

const change = (client: Client, folder: string, query = '', more: object = {}) =>
  client.ask(`/v1/packs${query}`, { body: { files: packFiles(folder), ...more } });

const currentOf = async (client: Client): Promise<{ sha256: string; features: { name: string }[] }> =>
  (await client.ask('/v1/packs/current')).json;

/** The state is what a clean fold of the log gives with the pack. */
const assertFolded = async (service: Service, dataDir: string, pack: string): Promise<void> => {
  const state = await stateOf(service);
  assert.deepEqual(await stateAfter(join(dataDir, 'log.db'), pack, state.logOffset + 1), state);
};

test('a pack is changed under load: no event is lost or applied twice, every answer is of one pack', async (t) => {
  const [before, after] = [packFolder(OLD), packFolder(NEW)];
  const { service, dataDir, client } = await served(t, before, undefined, ['--serving-threads', '2']);
  let accepted = await post(client, mixedEvents(0, 400));
  let isOver = false;
  const seen = { old: 0, new: 0 };
  const changed = Promise.withResolvers<void>();
  const ids = Array.from({ length: 300 }, (_, i) => `m${i % 60}`);

  const poster = async (number: number): Promise<void> => {
    // A few beyond the change, so that it has events behind it too.
    for (let i = 0, left = 5; left > 0; i++) {
      if (isOver) left--;
      const from = 1000 * (number + 1) + 10 * i;
      const taken = await post(client, mixedEvents(from, from + 10));
      accepted += taken;
    }
  };
  const asker = async (): Promise<void> => {
    while (!isOver) {
      const [{ json: batch }, { json: one }, { status, json: customer }] = await Promise.all([
        client.ask('/v1/score/batch', { body: { customerIds: ids, at: AT } }),
        client.score({ customerId: 'm1', at: AT }),
        client.ask(`/v1/customers/m1?at=${AT}`),
      ]);
      const packs = new Set((batch.results as { segments: { pack: string } }[]).map(({ segments }) => segments.pack));
      assert.equal(packs.size, 1, 'a batch is of one pack');
      for (const pack of [...packs, one.segments.pack] as ('old' | 'new')[]) seen[pack]++;
      assert.equal(status, 200);
      const names = Object.keys(customer.features).join();
      assert.ok(names === NAMES.old.join() || names === NAMES.new.join(), names);
      if (seen.old > 4) changed.resolve();
    }
  };
  const load = Promise.all([poster(0), poster(1), poster(2), asker(), asker()]);
  await changed.promise;
  const { status, json } = await change(client, after);
  isOver = true;
  await load;
  assert.deepEqual([status, json.applied, json.refold], [200, true, true], JSON.stringify(json));
  assert.deepEqual(json.filled, ['paid', 'fading', 'sources']);
  assert.ok(seen.old > 0);
  assert.deepEqual(
    (await currentOf(client)).features.map(({ name }) => name),
    NAMES.new,
  );
  const { eventsApplied } = await stateOf(service);
  assert.equal(eventsApplied, accepted + 1, 'and the change itself');
  await assertFolded(service, dataDir, after);
  const { customers, logOffset } = await stateOf(service);
  const { text: metrics } = await client.ask('/metrics');
  const told = (name: string) =>
    [...metrics.matchAll(new RegExp(`^${name}(?:{.*})? (\\d+)$`, 'gm'))].reduce(
      (sum, [, value]) => sum + Number(value),
      0,
    );
  assert.deepEqual([told('beckon_customers'), told('beckon_log_offset')], [customers, logOffset]);
  assert.equal((await client.ask('/readyz')).status, 200);
  const { json: scored } = await client.score({ customerId: 'm1', at: AT });
  assert.equal(scored.segments.pack, 'new');

  const last = await stateOf(service);
  await service.kill9();
  const again = await served(t, before, dataDir, ['--serving-threads', '2']);
  assert.deepEqual(await stateOf(again.service), last, 'the applied pack is in force after a restart');
});

test('what was changed last is in force: the applied pack, or the folder', async (t) => {
  const folder = packFolder(OLD);
  const first = await served(t, folder);
  await post(first.client, mixedEvents(0, 100));
  const { dataDir } = first;
  const { json } = await change(first.client, packFolder(NEW));
  await first.service.stop();
  const inForce = async (): Promise<string> => packSha256((await packInForce(configOf(folder, dataDir))).source);
  assert.equal(await inForce(), json.sha256);

  const text = readFileSync(join(folder, 'pack.yaml'));
  writeFileSync(join(folder, 'pack.yaml'), text.toString().replace('"1"', '"1b"'));
  const second = await served(t, folder, dataDir);
  assert.deepEqual(
    (await currentOf(second.client)).features.map(({ name }) => name),
    NAMES.old,
  );
  await second.service.stop();
  writeFileSync(join(folder, 'pack.yaml'), text);
  assert.equal(await inForce(), json.before.sha256, 'what the folder has overruled does not come back');
});

test('labels, segments, wording: nothing is folded anew, and changes one after another all hold', async (t) => {
  const { service, dataDir, client } = await served(t, packFolder(OLD));
  await post(client, mixedEvents(0, 100));
  const { stateHash } = await stateOf(service);
  const reworded = OLD.features.map((feature) => ({ ...feature, description: 'else' }));
  const { status, json } = await change(client, packFolder({ features: reworded, segments: NEW.segments }));
  assert.deepEqual([status, json.applied, json.refold, json.filled], [200, true, false, []]);
  assert.equal((await client.score({ customerId: 'm1', at: AT })).json.segments.pack, 'new');
  assert.equal((await stateOf(service)).stateHash, stateHash);
  const other = packFolder({ ...NEW, features: [views, ...NEW.features] });
  for (const pack of [packFolder(NEW), other]) {
    // Whose records are being taken out of the log while the change begins.
    const erased = await Promise.all(['m3', 'm4'].map((id) => client.ask(`/v1/customers/${id}`, { method: 'DELETE' })));
    assert.deepEqual(
      erased.map(({ status }) => status),
      [202, 202],
    );
    assert.equal((await change(client, pack)).json.applied, true);
    await post(client, mixedEvents(100, 200));
    await assertFolded(service, dataDir, pack);
  }
  const again = await change(client, other);
  assert.deepEqual([again.status, again.json.applied, again.json.logOffset], [200, false, undefined]);
});

test('what cannot be applied is refused in the words of check, and the old pack goes on', async (t) => {
  const count = (name: string) => ({ ...orders, name });
  const features = [...SHOP_FEATURES].map(count);
  const folder = packFolder({ features });
  cpSync(join(SHOP_FOLDER, 'linear'), join(folder, 'linear'), { recursive: true });
  const { service, client } = await served(t, folder);
  await post(client, mixedEvents(0, 20));
  const before = await stateOf(service);

  const without = packFolder({ features: features.slice(1) });
  const renamed = packFolder({ name: 'bank', features });
  const wrong = packFolder({ features: [{ ...orders, event: 'order.place' }] });
  const refusals: [object, number, string, RegExp][] = [
    [{ files: packFiles(wrong) }, 422, 'PACK_INVALID', /did you mean `order\.placed`/],
    [
      { files: packFiles(without) },
      422,
      'PACK_REFUSED',
      new RegExp(`the feature ${features[0].name} would be missing`),
    ],
    [{ files: packFiles(renamed) }, 422, 'PACK_REFUSED', /is refused by the pack bank/],
    [{ files: packFiles(folder), heads: { linear: '7' } }, 422, 'PACK_REFUSED', /no version 7 .* put the bundle there/],
    [{ files: { 'pack.yml': '' } }, 400, 'REQUEST_INVALID', /did you mean `pack\.yaml`/],
    [{ files: {} }, 422, 'PACK_INVALID', /pack\.yaml is missing/],
    [{}, 400, 'REQUEST_INVALID', /files/],
    [{ files: { 'pack.yaml': 7 } }, 400, 'REQUEST_INVALID', /pack\.yaml|string/],
  ];
  for (const [body, status, code, words] of refusals) {
    const { status: found, json } = await client.ask('/v1/packs', { body });
    assert.deepEqual([found, json.code, words.test(json.detail)], [status, code, true], json.detail);
  }
  const dry = await change(client, without, '?dryRun=true');
  assert.deepEqual([dry.status, dry.json.applied, dry.json.problems.length], [200, false, 1]);
  assert.deepEqual(
    dry.json.difference.features.map(({ name, how }: { name: string; how: string }) => [name, how]),
    [[features[0].name, 'removed']],
  );
  assert.deepEqual(await stateOf(service), before, 'and nothing was logged');
  assert.equal((await client.score({ customerId: 'm1' })).json.models.linear, 'shop-linear@1');
});

test('one change at a time; a stop does not wait for one that has not happened', async (t) => {
  const [before, after] = [packFolder(OLD), packFolder(NEW)];
  const { service, dataDir, client } = await served(t, before);
  await post(client, mixedEvents(0, 400));
  const answers = await Promise.all([change(client, after), change(client, after)]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
  const second = answers.find(({ status }) => status === 409);
  assert.equal(second?.json.code, 'PACK_CHANGING');
  const late = change(client, before).catch(() => undefined);
  // The change is under way when this is answered.
  assert.equal((await client.ask('/v1/packs/change')).status, 200);
  assert.equal(await service.stop(), 0);
  const answer = await late;
  const again = await served(t, before, dataDir);
  const isBefore = answer?.status === 200;
  if (answer !== undefined && !isBefore) assert.equal(answer.json.code, 'SHUTTING_DOWN');
  await assertFolded(again.service, dataDir, isBefore ? before : after);
});
