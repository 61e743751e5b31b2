import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { mixedEvents } from '../durability/mixed-events.ts';
import { stateOf } from '../durability/state-check.ts';
import { stateAfter } from '../support/folded-log.ts';
import { Client } from '../support/http-client.ts';
import { packFolder } from '../support/pack-folder.ts';
import { failingService, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

type Features = readonly Record<string, unknown>[];

const orders = { name: 'orders', kind: 'count', event: 'order.placed', unit: 'orders' };
const paid = { name: 'paid', kind: 'sum', event: 'order.placed', field: 'amount', unit: 'money' };
const fading = { name: 'fading', kind: 'decayed', event: 'order.placed', halfLife: '30d', unit: 'orders' };
const views = { name: 'views', kind: 'count', event: 'product.viewed', unit: 'views' };
const everybody = {
  name: 'all',
  kind: 'decayed',
  event: 'order.placed',
  by: 'everybody',
  halfLife: '7d',
  unit: 'orders',
};

const BEFORE: Features = [orders, fading, views, everybody];
/** `paid` comes first, so that every word moves; `views` goes; `fading` fades in another time. */
const AFTER: Features = [paid, orders, { ...fading, halfLife: '60d' }, everybody];

const AT = '2026-12-01T00:00:00Z';
const EVENTS = mixedEvents(0, 400);
const CUSTOMERS = [...new Set(EVENTS.map(({ subject }) => subject as string))];

const post = async (client: Client, events: readonly object[]): Promise<void> => {
  const { status, json } = await client.events(events);
  assert.deepEqual([status, json.rejected], [202, []]);
};

const served = async (t: TestContext, dataDir: string, pack: string) => {
  const service = await startService(t, { dataDir, args: ['--pack', pack, '--clock', 'log'] });
  return { service, client: new Client(t, service.http) };
};

const featuresOf = async (client: Client): Promise<Record<string, number>[]> =>
  Promise.all(CUSTOMERS.map(async (id) => (await client.ask(`/v1/customers/${id}?at=${AT}`)).json.features));

const edit = (pack: string, features: Features): void =>
  writeFileSync(
    join(pack, 'features.yaml'),
    JSON.stringify({ features: features.map((one) => ({ description: 'of a test', ...one })) }),
  );

test('features added, removed and changed on a living data directory: old values stay, new ones equal a rebuild', async (t) => {
  const dataDir = join(tempFolder(t), 'data');
  const pack = packFolder({ features: BEFORE });
  const first = await served(t, dataDir, pack);
  await post(first.client, EVENTS);
  const before = await featuresOf(first.client);
  await first.service.stop();

  edit(pack, AFTER);
  const second = await served(t, dataDir, pack);
  const changed = await featuresOf(second.client);
  // A service that never knew the old features, told the same events.
  const fresh = await served(t, join(tempFolder(t), 'data'), packFolder({ features: AFTER }));
  await post(fresh.client, EVENTS);
  assert.deepEqual(changed, await featuresOf(fresh.client));
  assert.deepEqual(await stateOf(second.service), await stateOf(fresh.service));
  assert.deepEqual(Object.keys(changed[0]), ['paid', 'orders', 'fading', 'all']);
  for (const [i, old] of before.entries()) {
    const { orders, all } = changed[i];
    assert.deepEqual([orders, all], [old.orders, old.all], CUSTOMERS[i]);
  }
  assert.ok(changed.some(({ paid }) => paid > 0));
  assert.ok(
    changed.some(({ fading }, i) => fading > before[i].fading),
    'it fades more slowly now',
  );

  await post(second.client, mixedEvents(400, 500));
  const last = await stateOf(second.service);
  assert.deepEqual(
    await stateAfter(join(dataDir, 'log.db'), pack, last.logOffset + 1),
    last,
    'and the service goes on',
  );
  await second.service.stop();

  edit(pack, BEFORE);
  const third = await served(t, dataDir, pack);
  assert.equal((await stateOf(third.service)).eventsApplied, last.eventsApplied);
  assert.deepEqual(Object.keys((await featuresOf(third.client))[0]), ['orders', 'fading', 'views', 'all'], 'and back');
});

test('a data directory of another pack is refused before anything is written to it', async (t) => {
  const dataDir = join(tempFolder(t), 'data');
  const { service } = await served(t, dataDir, packFolder({ features: BEFORE }));
  await service.stop();
  const meta = readFileSync(join(dataDir, 'meta.json'));
  const log = readFileSync(join(dataDir, 'log.db'));
  const bank = packFolder({ name: 'bank', features: BEFORE });
  const { exit, stderr } = await failingService(t, { dataDir, args: ['--pack', bank] });
  assert.equal(exit, 2);
  assert.match(stderr, /^beckon: CONFIG_INVALID: .*made with the pack `shop`, but the pack `bank` is configured/m);
  assert.deepEqual(readFileSync(join(dataDir, 'meta.json')), meta);
  assert.deepEqual(readFileSync(join(dataDir, 'log.db')), log);
});
