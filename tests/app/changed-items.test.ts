import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../cli/run-command.ts';
import { stateOf } from '../durability/state-check.ts';
import { cloudEvent } from '../support/cloud-event.ts';
import { stateAfter } from '../support/folded-log.ts';
import { Client } from '../support/http-client.ts';
import { packFiles, packFolder } from '../support/pack-folder.ts';
import { type Service, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const special = { kind: 'count', event: 'order.placed', where: { 'lines.item.signature': true }, unit: 'orders' };
const features = [
  { ...special, name: 'special' },
  { ...special, name: 'everybody', by: 'everybody' },
  { name: 'days', kind: 'sum', event: 'order.placed', field: 'lines.item.supplyDays', unit: 'days' },
];
const items = { items: [{ sku: 'a', signature: true, supplyDays: 10 }, { sku: 'b' }] };
const PACK = packFolder({ features, items });

let number = 0;
const order = (subject: string, sku: string, time: string) => {
  const orderId = `o${number++}`;
  return cloudEvent({
    type: 'order.placed',
    id: orderId,
    subject,
    time,
    data: { orderId, amount: 1, lines: [{ sku, quantity: 1 }] },
  });
};
const item = (data: Record<string, unknown>, time = '2026-03-01T00:00:00Z') =>
  cloudEvent({ type: 'item.changed', id: `i${number++}`, subject: data.sku as string, time, data });

const AT = '2026-06-01T00:00:00Z';

test('what an item is when an event comes counts, in the order of the log: served, erased, restarted, exported', async (t) => {
  const dataDir = join(tempFolder(t), 'data');
  const served = async (...args: string[]) => {
    const service = await startService(t, { dataDir, args: ['--pack', PACK, '--clock', 'log', ...args] });
    return { service, client: new Client(t, service.http) };
  };
  const valuesOf = async (client: Client, id: string) => {
    const { special, everybody, days } = (await client.ask(`/v1/customers/${id}?at=${AT}`)).json.features;
    return [special, everybody, days];
  };
  const assertFolded = async (service: Service, pack = PACK): Promise<void> => {
    const state = await stateOf(service);
    assert.deepEqual(await stateAfter(join(dataDir, 'log.db'), pack, state.logOffset + 1), state);
  };
  const first = await served();
  const post = async (client: Client, events: readonly object[]): Promise<void> => {
    assert.deepEqual((await client.events(events)).json.rejected, []);
  };
  await post(first.client, [
    order('ada', 'b', '2026-03-10T00:00:00Z'),
    order('bo', 'b', '2026-03-10T00:00:00Z'),
    order('cy', 'c', '2026-03-10T00:00:00Z'),
    item({ sku: 'b', signature: true, supplyDays: 3 }, '2026-03-20T00:00:00Z'),
    item({ sku: 'c', signature: true }),
    // Later in the log, earlier by their times.
    order('ada', 'b', '2026-03-02T00:00:00Z'),
    order('cy', 'c', '2026-03-02T00:00:00Z'),
    item({ sku: 'b', signature: false }),
    order('ada', 'b', '2026-03-03T00:00:00Z'),
    order('bo', 'a', '2026-03-04T00:00:00Z'),
  ]);
  assert.deepEqual(await valuesOf(first.client, 'ada'), [1, 3, 6]);
  assert.deepEqual(await valuesOf(first.client, 'bo'), [1, 3, 10]);
  assert.deepEqual(await valuesOf(first.client, 'cy'), [1, 3, 0]);
  assert.equal((await first.client.ask('/v1/customers/b')).status, 404, 'an item is no customer');
  await assertFolded(first.service);

  // Erased after the items have changed twice; what is left for the group is what was counted.
  assert.equal((await first.client.ask('/v1/customers/ada', { method: 'DELETE' })).status, 202);
  assert.equal(await first.service.stop(), 0);
  const second = await served('--serving-threads', '2');
  assert.deepEqual(await valuesOf(second.client, 'bo'), [1, 3, 10]);
  await assertFolded(second.service);

  const out = join(tempFolder(t), 'rows.csv');
  const exported = await runCommand(['export', '--data-dir', dataDir, '--pack', PACK, '--at', AT, '--out', out]);
  assert.equal(exported.code, 0, exported.stderr);
  const [head, ...rows] = readFileSync(out, 'utf8').trim().split('\n');
  assert.match(head, /special,everybody,days/);
  const told = new Map(rows.map((row) => [row.split(',')[0], row.split(',').slice(2, 5).map(Number)]));
  assert.deepEqual([...told.keys()].sort(), ['bo', 'cy']);
  for (const id of ['bo', 'cy']) assert.deepEqual(told.get(id), await valuesOf(second.client, id), id);

  // Another pack, folded by another thread, goes on with what it was told.
  const more = packFolder({ features: [{ ...features[2], name: 'more' }, ...features], items });
  for (const pack of [
    more,
    packFolder({ features: [{ ...features[2], name: 'more' }, ...features], items, segments: { s: [{ is: 'x' }] } }),
  ]) {
    const { status } = await second.client.ask('/v1/packs', { body: { files: packFiles(pack) } });
    assert.equal(status, 200);
    await post(second.client, [order('dan', 'b', '2026-03-05T00:00:00Z'), order('dan', 'c', '2026-03-06T00:00:00Z')]);
    await assertFolded(second.service, pack);
  }
  assert.deepEqual((await valuesOf(second.client, 'dan')).slice(0, 3), [2, 5, 6]);
});
