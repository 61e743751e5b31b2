import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dedupeWindows, makeStateMemory, viewState } from '../../src/app/shared-state.ts';
import type { Event } from '../../src/events/event.ts';
import { FeatureReader } from '../../src/features/read.ts';
import { parseCondition } from '../../src/learning/condition.ts';
import { Export, type ExportRow } from '../../src/learning/export.ts';
import { loadPack } from '../../src/packs/pack.ts';
import { Writer } from '../../src/state/writer.ts';
import { packFolder } from '../support/pack-folder.ts';
import { type Group, logOf } from './log-of.ts';
import { rowsAt } from './slow-truth.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2024, 0, 1);
const at = (day: number): number => START_MS + day * DAY_MS;

const folder = packFolder({
  features: [
    { name: 'orders', kind: 'count', event: 'order.placed', unit: 'orders' },
    { name: 'paid', kind: 'sum', event: 'order.placed', field: 'amount', unit: 'money' },
    { name: 'refunded', kind: 'sum', event: 'order.refunded', field: 'amount', unit: 'money' },
    { name: 'daysSinceOrder', kind: 'last', event: 'order.placed', unit: 'days', default: 400 },
    { name: 'ordersFading', kind: 'decayed', event: 'order.placed', halfLife: '10d', unit: 'orders' },
    {
      name: 'everybodyOrders',
      kind: 'decayed',
      event: 'order.placed',
      by: 'everybody',
      halfLife: '7d',
      unit: 'orders',
    },
  ],
  labels: [
    { name: 'buys10d', event: 'order.placed', within: '10d' },
    { name: 'converts3d', event: 'call.ended', where: { disposition: 'answered_converted' }, within: '3d' },
  ],
});
const pack = loadPack(folder);

interface Shown {
  readonly customerId: string;
  readonly at: number;
  readonly features: Record<string, number>;
  readonly labels: Record<string, 0 | 1 | undefined>;
}

const shown = ({ customerId, atMs, features, labels }: ExportRow): Shown => ({
  customerId,
  at: atMs,
  features: Object.fromEntries(pack.featureNames.map((name, i) => [name, features[i]])),
  labels: Object.fromEntries(pack.labels.map(({ name }, i) => [name, labels[i]])),
});

const openExport = async (groups: readonly Group[], momentsMs: number[], where: readonly string[] = []) => {
  const { tables } = viewState(pack, makeStateMemory(pack, 16));
  const conditions = where.map((text) => parseCondition(text, pack.featureNames));
  return Export.read({
    log: await logOf(groups),
    plan: pack.plan,
    tables,
    dedupe: dedupeWindows(pack, tables),
    labels: pack.labels,
    conditions,
    moments: { timesMs: momentsMs },
  });
};

const exported = async (groups: readonly Group[], momentsMs: number[], where?: readonly string[]): Promise<Shown[]> =>
  Array.from((await openExport(groups, momentsMs, where)).rows(), shown);

const event = (type: Event['type'], subject: string, timeMs: number, id: string, data: Event['data']): Event => ({
  type,
  source: '/shop',
  id,
  subject,
  timeMs,
  data,
  extensions: undefined,
});
const order = (subject: string, timeMs: number, amount = 10, id = `o${timeMs}`): Event =>
  event('order.placed', subject, timeMs, id, { orderId: id, amount });
/** Something that a customer did and no feature counts. */
const view = (subject: string, timeMs: number): Event =>
  event('product.viewed', subject, timeMs, `v${timeMs}`, { sku: 'a' });

/** Days and hours of 40 days, often at midnight, where the moments are. */
const timeMs = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.constantFrom(0, 0, 1, 43_200_000, DAY_MS - 1))
  .map(([day, ms]) => at(day) + ms);
const anyEvent = fc
  .tuple(
    fc.constantFrom('ada', 'bo', 'Zoë', '"q,'),
    fc.oneof({ weight: 9, arbitrary: timeMs }, { weight: 1, arbitrary: fc.constant(Number.NaN) }),
    fc.integer({ min: 0, max: 25 }).map((n) => `e${n}`),
    fc.constantFrom('order.placed', 'order.refunded', 'call.ended', 'product.viewed'),
    fc.integer({ min: 0, max: 99_999 }),
  )
  .map(([subject, time, id, type, cents]) => {
    const amount = cents / 100;
    if (type === 'order.placed') return event(type, subject, time, id, { orderId: id, amount });
    if (type === 'order.refunded') return event(type, subject, time, id, { orderId: id, amount });
    if (type === 'product.viewed') return event(type, subject, time, id, { sku: 'a' });
    const disposition = cents % 2 === 0 ? 'answered_converted' : 'no_answer';
    return event('call.ended', subject, time, id, { callId: id, disposition });
  });
/** Groups in the order of log time, their events in any order: late, repeated, at the same time. */
const anyGroups = fc
  .array(fc.tuple(timeMs, fc.array(anyEvent, { minLength: 1, maxLength: 6 })), { minLength: 1, maxLength: 8 })
  .map((groups): Group[] => groups.sort(([a], [b]) => a - b).map(([logTimeMs, events]) => ({ logTimeMs, events })));

const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));

test('rows are what the whole history says, for any history and moments', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyGroups,
      fc.uniqueArray(fc.integer({ min: 0, max: 45 }), { minLength: 1 }),
      async (groups, days) => {
        const moments = days.sort((a, b) => a - b).map(at);
        const truth = moments.flatMap((moment) => rowsAt(groups, moment).map((row) => ({ ...row, at: moment })));
        const rows = await exported(groups, moments);
        assert.deepEqual(
          rows.map(({ customerId, at, labels }) => ({ customerId, at, labels })),
          truth.map(({ customerId, at, labels }) => ({ customerId, at, labels })),
        );
        for (const [i, { features }] of rows.entries())
          for (const [name, value] of Object.entries(features))
            assert.ok(near(value, truth[i].features[name]), `${name} ${value}, not ${truth[i].features[name]}`);
      },
    ),
    { numRuns: 60 },
  );
});

test('a row is, to the last bit, what the service answers once it has the events before the moment', async () => {
  const customers = ['ada', 'bo', 'cy'];
  const events = Array.from({ length: 120 }, (_, i) => order(customers[i % 3], at(0) + i * 7_001_003, i + 0.37));
  const moment = at(6);
  const rows = await exported([{ logTimeMs: at(40), events }], [moment]);

  const served = viewState(pack, makeStateMemory(pack, 16));
  const log = await logOf([{ logTimeMs: at(40), events: events.filter((known) => known.timeMs < moment) }]);
  const dedupe = dedupeWindows(pack, served.tables);
  await new Writer({ log, plan: pack.plan, ...served, dedupe, stopwatchMs: () => 0 }).recover();
  const reader = new FeatureReader(pack.plan, served.tables);
  assert.equal(rows.length, 3);
  for (const { customerId, features } of rows) {
    const values = new Float64Array(pack.featureNames.length);
    assert.equal(reader.read(customerId, moment / 1000, true, values), 'known');
    assert.deepEqual(Object.values(features), [...values]);
  }
});

test('an event at the moment is in the label, not in the features; one at the end of the time is in neither', async () => {
  const only = async (...more: Event[]): Promise<Shown> => {
    const events = [view('ada', at(0)), ...more, view('bo', at(40))];
    const rows = await exported([{ logTimeMs: at(40), events }], [at(10)]);
    return rows.find(({ customerId }) => customerId === 'ada') as Shown;
  };
  const before = await only(order('ada', at(10) - 1));
  assert.deepEqual([before.features.orders, before.labels.buys10d], [1, 0]);
  const exactly = await only(order('ada', at(10)));
  assert.deepEqual([exactly.features.orders, exactly.labels.buys10d], [0, 1]);
  assert.equal((await only(order('ada', at(20) - 1))).labels.buys10d, 1);
  assert.equal((await only(order('ada', at(20)))).labels.buys10d, 0);
});

test('a label is known once the log has reached the end of its time', async () => {
  const label = async (lastMs: number): Promise<0 | 1 | undefined> => {
    const events = [order('ada', at(0)), order('ada', at(12)), view('bo', lastMs)];
    return (await exported([{ logTimeMs: lastMs, events }], [at(10)]))[0].labels.buys10d;
  };
  assert.equal(await label(at(20)), 1);
  assert.equal(await label(at(20) - 1), undefined);
});

test('late events and repeats count as they did in the service', async () => {
  const groups: Group[] = [
    { logTimeMs: at(5), events: [order('ada', at(4), 10, 'a'), order('ada', at(4), 10, 'a')] },
    { logTimeMs: at(6), events: [order('ada', at(4), 10, 'a'), order('ada', at(1), 3, 'late')] },
    { logTimeMs: at(30), events: [view('bo', at(30))] },
  ];
  const rows = await exported(groups, [at(2), at(5)]);
  assert.deepEqual(
    rows.map(({ at: momentMs, features }) => [momentMs, features.orders, features.paid]),
    [
      [at(2), 1, 3],
      [at(5), 2, 13],
    ],
  );
});

test('moments within one second are moments of their own', async () => {
  const events = [order('ada', at(1)), order('bo', at(5) + 200), view('bo', at(9))];
  const rows = await exported([{ logTimeMs: at(9), events }], [at(5), at(5) + 500]);
  const everybody = rows
    .filter(({ customerId }) => customerId === 'ada')
    .map(({ features }) => features.everybodyOrders);
  assert.ok(Math.abs(everybody[1] - everybody[0] - 1) < 1e-9, `${everybody}`);
});

test('conditions keep the rows for which they hold', async () => {
  const events = [order('ada', at(1)), order('ada', at(2)), order('bo', at(1), 99), view('cy', at(1))];
  const ids = async (...where: string[]): Promise<string[]> =>
    (await exported([{ logTimeMs: at(9), events }], [at(5)], where)).map(({ customerId }) => customerId);
  assert.deepEqual(await ids(), ['ada', 'bo', 'cy']);
  assert.deepEqual(await ids('orders>=1'), ['ada', 'bo']);
  assert.deepEqual(await ids('orders >= 1', 'paid < 50.5'), ['ada']);
  assert.deepEqual(await ids('orders=0'), ['cy']);
  await assert.rejects(ids('order>=1'), {
    code: 'USAGE',
    message: 'the pack has no feature order; did you mean orders?',
  });
  await assert.rejects(ids('orders≥1'), { code: 'USAGE' });
});

test('an empty log has no rows', async () => {
  assert.deepEqual(await exported([], [at(5)]), []);
});
