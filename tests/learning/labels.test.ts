import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dedupeWindows, makeStateMemory, viewState } from '../../src/app/shared-state.ts';
import type { Event } from '../../src/events/event.ts';
import { compileSelector } from '../../src/features/selector.ts';
import { Export, type ExportRow, type Moments } from '../../src/learning/export.ts';
import { loadPack } from '../../src/packs/pack.ts';
import { packFolder } from '../support/pack-folder.ts';
import { type Group, logOf } from './log-of.ts';
import { type SlowLabel, slowLabel } from './slow-labels.ts';
import { withoutRepeats } from './slow-truth.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2024, 0, 1);
const at = (day: number): number => START_MS + day * DAY_MS;

const REFUND = { event: 'order.refunded', same: 'orderId' } as const;
const LABELS: Readonly<Record<string, SlowLabel>> = {
  buys: { event: 'order.placed', days: 10 },
  keeps: { event: 'order.placed', days: 10, reversedBy: { ...REFUND, amount: 'amount' } },
  keepsLong: { event: 'order.placed', days: 10, reversedBy: { ...REFUND, amount: 'amount', days: 7 } },
  untouched: { event: 'order.placed', days: 10, reversedBy: REFUND },
  opens: { event: 'ticket.opened', days: 3 },
};
const pack = loadPack(
  packFolder({
    features: [{ name: 'orders', kind: 'count', event: 'order.placed', unit: 'orders' }],
    labels: Object.entries(LABELS).map(([name, { event, days, reversedBy }]) => ({
      name,
      event,
      within: `${days}d`,
      ...(reversedBy && {
        reversedBy: { ...reversedBy, days: undefined, ...(reversedBy.days && { within: `${reversedBy.days}d` }) },
      }),
    })),
  }),
);

interface Shown {
  readonly customerId: string;
  readonly atMs: number;
  readonly orders: number;
  readonly labels: Record<string, 0 | 1 | undefined>;
}

const shown = ({ customerId, atMs, features, labels }: ExportRow): Shown => ({
  customerId,
  atMs,
  orders: features[0],
  labels: Object.fromEntries(pack.labels.map(({ name }, i) => [name, labels[i]])),
});

const exported = async (groups: readonly Group[], moments: Moments): Promise<Shown[]> => {
  const { tables } = viewState(pack, makeStateMemory(pack, 4));
  const dedupe = dedupeWindows(pack, tables);
  const { plan, labels } = pack;
  const read = await Export.read({ log: await logOf(groups), plan, tables, dedupe, labels, conditions: [], moments });
  return Array.from(read.rows(), shown);
};

/** A row at each event of a type. */
const eachEvent = (event: string, fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY): Moments => ({
  selector: compileSelector({ event }),
  fromMs,
  toMs,
});

let ids = 0;
const event = (type: Event['type'], subject: string, timeMs: number, data: Event['data'], id = `e${ids++}`): Event => ({
  type,
  source: '/shop',
  id,
  subject,
  timeMs,
  data,
  extensions: undefined,
});
const order = (day: number, amount: number, orderId = 'A'): Event =>
  event('order.placed', 'ada', at(day), { orderId, amount });
const refund = (day: number, amount: number, orderId = 'A', subject = 'ada'): Event =>
  event('order.refunded', subject, at(day), { orderId, amount });

/** The labels of ada on day 0, the log going on to day 60. */
const labelsOf = async (...events: Event[]): Promise<Record<string, 0 | 1 | undefined>> => {
  const end = event('product.viewed', 'bo', at(60), { sku: 'a' });
  const before = event('product.viewed', 'ada', at(-1), { sku: 'a' });
  const rows = await exported([{ logTimeMs: at(60), events: [before, ...events, end] }], { timesMs: [at(0)] });
  return rows[0].labels;
};

test('an order that is given back whole before the end does not count', async () => {
  assert.equal((await labelsOf(order(2, 30), refund(5, 30))).keeps, 0);
  assert.equal((await labelsOf(order(2, 30), refund(5, 30))).buys, 1);
});

test('a part given back leaves the order standing, several parts together do not', async () => {
  assert.equal((await labelsOf(order(2, 0.8), refund(5, 0.7))).keeps, 1);
  assert.equal((await labelsOf(order(2, 0.8), refund(5, 0.7), refund(6, 0.1))).keeps, 0);
  assert.equal((await labelsOf(order(2, 0.8), refund(5, 0.7))).untouched, 0);
});

test('a refund of another order, of another customer or of nothing takes nothing back', async () => {
  assert.equal((await labelsOf(order(2, 30), refund(5, 30, 'B'))).keeps, 1);
  assert.equal((await labelsOf(order(2, 30), refund(5, 30, 'A', 'bo'))).keeps, 1);
  assert.equal((await labelsOf(order(2, 0))).keeps, 1);
});

test('without a time of its own a refund counts up to the end of the label, with one from the order on', async () => {
  const late = await labelsOf(order(9, 30), refund(12, 30));
  assert.deepEqual([late.keeps, late.keepsLong], [1, 0]);
  const exact = await labelsOf(order(2, 30), refund(9, 30));
  assert.deepEqual([exact.keeps, exact.keepsLong], [0, 1]);
  assert.equal((await labelsOf(order(5, 30), refund(10, 30))).keeps, 1);
});

test('a refund dated before its order takes it back too', async () => {
  assert.equal((await labelsOf(refund(1, 30), order(2, 30))).keeps, 0);
});

test('a label that can still be taken back is not known yet, be it 1 or 0', async () => {
  const known = async (lastDay: number, ...events: Event[]) => {
    const all = [event('product.viewed', 'ada', at(-1), { sku: 'a' }), ...events];
    const end = event('product.viewed', 'bo', at(lastDay), { sku: 'a' });
    const [row] = await exported([{ logTimeMs: at(60), events: [...all, end] }], { timesMs: [at(0)] });
    return [row.labels.keeps, row.labels.keepsLong];
  };
  assert.deepEqual(await known(16, order(2, 30)), [1, undefined]);
  assert.deepEqual(await known(16), [0, undefined]);
  assert.deepEqual(await known(17, order(2, 30)), [1, 1]);
});

test('an event that makes a moment is neither in its features nor in its labels, the next one is', async () => {
  const groups = [
    { logTimeMs: at(60), events: [order(1, 5, 'A'), order(4, 5, 'B'), order(30, 5, 'C')] },
    { logTimeMs: at(60), events: [event('product.viewed', 'bo', at(60), { sku: 'a' })] },
  ];
  const rows = await exported(groups, eachEvent('order.placed'));
  assert.deepEqual(
    rows.map(({ atMs, orders, labels }) => [atMs, orders, labels.buys]),
    [
      [at(1), 0, 1],
      [at(4), 1, 0],
      [at(30), 2, 0],
    ],
  );
  const between = await exported(groups, eachEvent('order.placed', at(4), at(29)));
  assert.deepEqual(between, [rows[1]]);
});

test('another event at the time of a moment counts, one customer has one row a time, customers come in order', async () => {
  const sent = (subject: string): Event => event('contact.sent', subject, at(3), { channel: 'sms' });
  const end = event('product.viewed', 'bo', at(60), { sku: 'a' });
  const groups = [{ logTimeMs: at(60), events: [sent('bo'), sent('ada'), sent('ada'), order(3, 5), end] }];
  const rows = await exported(groups, eachEvent('contact.sent'));
  assert.deepEqual(
    rows.map(({ customerId, orders, labels }) => [customerId, orders, labels.buys]),
    [
      ['ada', 0, 1],
      ['bo', 0, 0],
    ],
  );
});

const timeMs = fc
  .tuple(fc.integer({ min: 0, max: 30 }), fc.constantFrom(0, 0, 1, 43_200_000))
  .map(([day, ms]) => at(day) + ms);
const anyEvent = fc
  .tuple(
    fc.constantFrom('ada', 'bo'),
    timeMs,
    fc.integer({ min: 0, max: 30 }),
    fc.constantFrom('order.placed', 'order.placed', 'order.refunded', 'ticket.opened'),
    fc.constantFrom('A', 'B', 'C'),
    fc.constantFrom(10, 20, 30, 5.1, 4.9),
  )
  .map(([subject, time, id, type, orderId, amount]) => {
    if (type === 'ticket.opened') return event(type, subject, time, { ticketId: orderId }, `e${id}`);
    return event(type as 'order.placed', subject, time, { orderId, amount }, `e${id}`);
  });
const anyGroups = fc
  .array(fc.tuple(timeMs, fc.array(anyEvent, { minLength: 1, maxLength: 8 })), { minLength: 1, maxLength: 6 })
  .map((groups): Group[] => groups.sort(([a], [b]) => a - b).map(([logTimeMs, events]) => ({ logTimeMs, events })));

const slowLabels = (groups: readonly Group[], customer: string, atMs: number, made?: string) =>
  Object.fromEntries(
    Object.entries(LABELS).map(([name, label]) => [name, slowLabel(groups, label, customer, atMs, made)]),
  );

test('labels are what the whole history says, for any orders, refunds and moments', async () => {
  await fc.assert(
    fc.asyncProperty(anyGroups, fc.uniqueArray(timeMs, { minLength: 1, maxLength: 5 }), async (groups, moments) => {
      const timesMs = moments.sort((a, b) => a - b);
      for (const { customerId, atMs, labels } of await exported(groups, { timesMs }))
        assert.deepEqual(labels, slowLabels(groups, customerId, atMs));
    }),
    { numRuns: 150 },
  );
});

test('rows at events are one for each customer and time of such an event, with what was before and what came after', async () => {
  await fc.assert(
    fc.asyncProperty(anyGroups, fc.constantFrom('order.placed', 'ticket.opened'), async (groups, made) => {
      const rows = await exported(groups, eachEvent(made));
      const all = withoutRepeats(groups);
      const wanted = new Set(all.filter(({ type }) => type === made).map((e) => `${e.timeMs}/${e.subject}`));
      assert.deepEqual(
        rows.map((row) => `${row.atMs}/${row.customerId}`),
        [...wanted].sort(),
      );
      for (const { customerId, atMs, orders, labels } of rows) {
        const before = all.filter((e) => e.subject === customerId && e.type === 'order.placed' && e.timeMs < atMs);
        assert.equal(orders, before.length);
        assert.deepEqual(labels, slowLabels(groups, customerId, atMs, made));
      }
    }),
    { numRuns: 100 },
  );
});
