import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../cli/run-command.ts';
import { stateOf } from '../durability/state-check.ts';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const PACK = fileURLToPath(new URL('../support/packs/every-kind', import.meta.url));
const AT = '2026-02-01T00:00:00Z';
const CUSTOMERS = 300;
const ROWS_MAX = 48;

const own = (number: number): string => `lovelace-${1000 + number}`;
const alias = (number: number): string => `phone:555-${1000 + number}`;

/** Orders of everybody in turn, twice, and a link for every third; then the first few again and again. */
const events = [
  ...Array.from({ length: CUSTOMERS * 2 }, (_, i) => [
    own(i % CUSTOMERS),
    'order.placed',
    { orderId: `${i}`, amount: i },
  ]),
  ...Array.from({ length: CUSTOMERS / 3 }, (_, i) => [own(i * 3), 'identity.linked', { alias: alias(i * 3) }]),
  ...Array.from({ length: 100 }, (_, i) => [i % 2 ? own(i) : alias(0), 'cart.added', { sku: 'k1' }]),
].map(([subject, type, data], i) =>
  cloudEvent({ id: `event-${i}`, subject, type, data, time: `2026-01-${10 + (i % 20)}T10:00:00Z` }),
);

const post = async (client: Client): Promise<void> => {
  for (let i = 0; i < events.length; i += 100) {
    const { status, json } = await client.events(events.slice(i, i + 100));
    assert.deepEqual([status, json.rejected], [202, []]);
  }
};

const IDS = Array.from({ length: CUSTOMERS }, (_, i) => (i % 6 === 0 ? alias(i) : own(i)));

/** What is answered about everybody. */
const views = async (client: Client): Promise<unknown[]> => {
  const asked = IDS.map((id) => client.ask(`/v1/customers/${encodeURIComponent(id)}?at=${AT}`));
  return (await Promise.all(asked)).map(({ status, json }) => [status, json]);
};

/** So many that the pool does it. */
const scores = async (client: Client): Promise<unknown[]> => {
  const { json } = await client.ask('/v1/score/batch', { body: { customerIds: [...IDS, 'nobody'], at: AT } });
  return (json.results as Record<string, unknown>[]).map(({ decisionId: _, ...rest }) => rest);
};

const metricsOf = async (client: Client): Promise<(name: string) => number> => {
  const { text } = await client.ask('/metrics');
  const lines = text.split('\n');
  return (name) =>
    lines
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
};

const coldFiles = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('cold'));

test('a service with a bound answers as one without, through a kill, an erasure and a stop', async (t) => {
  const folder = tempFolder(t);
  const config = join(folder, 'beckon.yaml');
  writeFileSync(config, `limits: { rowsMax: ${ROWS_MAX}, coldRowsRememberedMax: 50 }\n`);
  const free = await startService(t, { args: ['--pack', PACK] });
  const dataDir = join(folder, 'data');
  const bound = ['--pack', PACK, '--config', config];
  const first = await startService(t, { dataDir, args: bound });
  const freeClient = new Client(t, free.http);
  const firstClient = new Client(t, first.http);
  await Promise.all([post(freeClient), post(firstClient)]);
  const expected = await views(freeClient);
  assert.deepEqual(await views(firstClient), expected);
  assert.deepEqual(await scores(firstClient), await scores(freeClient));
  const state = await stateOf(free);
  assert.deepEqual(await stateOf(first), state);
  assert.equal(state.customers, CUSTOMERS);

  const metric = await metricsOf(new Client(t, first.admin));
  assert.ok(metric('beckon_rows_resident') <= ROWS_MAX);
  assert.equal(metric('beckon_rows_resident') + metric('beckon_rows_cold'), CUSTOMERS);
  assert.equal(metric('beckon_customers'), CUSTOMERS);
  assert.ok(metric('beckon_evictions_total') > CUSTOMERS);
  assert.ok(metric('beckon_cold_reads_total') > CUSTOMERS);

  assert.ok(coldFiles(dataDir).length > 0);
  await first.kill9();
  const second = await startService(t, { dataDir, args: bound });
  assert.deepEqual(await stateOf(second), state);
  const client = new Client(t, second.http);
  assert.deepEqual(await views(client), expected);

  const gone = 33;
  for (const one of [client, freeClient])
    assert.equal((await one.ask(`/v1/customers/${encodeURIComponent(alias(gone))}`, { method: 'DELETE' })).status, 202);
  for (const id of [own(gone), alias(gone)])
    assert.equal((await client.ask(`/v1/customers/${encodeURIComponent(id)}`)).status, 404);
  assert.deepEqual(await views(client), await views(freeClient));
  const { stateHash } = await stateOf(free);
  assert.equal((await stateOf(second)).stateHash, stateHash);

  assert.equal(await second.stop(), 0);
  assert.deepEqual(coldFiles(dataDir), []);
  for (const name of readdirSync(dataDir)) {
    const bytes = readFileSync(join(dataDir, name));
    for (const id of [own(gone), alias(gone)]) assert.ok(!bytes.includes(id), `${id} in ${name}`);
  }
  const inspect = ['--data-dir', dataDir, '--pack', PACK, '--config', config];
  const { stdout, stderr, code } = await runCommand(['inspect', 'state', ...inspect], { folder });
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).stateHash, stateHash);
  assert.deepEqual(coldFiles(dataDir), []);
});
