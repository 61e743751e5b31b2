import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GroupTablePlan } from '../../src/features/group-table-plan.ts';
import { GroupReader, GroupTable, groupTableWords } from '../../src/features/groups.ts';
import { FeatureReader } from '../../src/features/read.ts';
import { HEADER } from '../../src/features/row.ts';
import { SHARD_HEADER } from '../../src/features/shard.ts';
import type { SlowEvent } from '../oracles/slow-event.ts';
import { FeatureState, packOf } from '../support/feature-state.ts';

const { plan } = packOf('tests/support/packs/every-kind');
const AT_SEC = 1_700_000_000;
const DAY_SEC = 86_400;

const event = (fields: Partial<SlowEvent>): SlowEvent => ({
  customer: 'anna',
  source: 's',
  id: 'i',
  type: 'order.placed',
  timeMs: AT_SEC * 1000,
  hash: 0,
  data: { orderId: 'o', amount: 1 },
  ...fields,
});

const stateOf = (events: readonly Partial<SlowEvent>[]): FeatureState => {
  const state = new FeatureState(plan, 2);
  for (const fields of events) state.apply(event(fields));
  return state;
};

test('a customer that no event has named has the defaults', () => {
  const state = stateOf([{}]);
  const values = new Float64Array(plan.features.length);
  assert.equal(state.reader.read('nobody', AT_SEC, true, values), 'unknown');
  const named = new Map(plan.features.map(({ spec }, i) => [spec.name, values[i]]));
  assert.equal(named.get('orders'), 0);
  assert.equal(named.get('cheapest'), -1);
  assert.equal(named.get('sinceFirst'), 999);
  assert.equal(named.get('averageOrder'), -2);
  assert.ok(values.every(Number.isFinite));
  assert.equal(state.reader.read('x'.repeat(5000), AT_SEC, true, values), 'unknown');
});

test('a time before the last event is refused where it was asked for, else the last event’s is taken', () => {
  const state = stateOf([{}, { timeMs: (AT_SEC + 3600) * 1000 }]);
  const values = new Float64Array(plan.features.length);
  const sinceLast = plan.features.findIndex(({ spec }) => spec.name === 'sinceLast');
  assert.equal(state.reader.read('anna', AT_SEC, true, values), 'beforeState');
  assert.equal(state.reader.lastSec, AT_SEC + 3600);
  assert.equal(state.reader.read('anna', AT_SEC, false, values), 'known');
  assert.equal(values[sinceLast], 0);
  assert.equal(state.reader.read('anna', AT_SEC + 3660, true, values), 'known');
  assert.equal(values[sinceLast], 1);
});

test('an event says by how much it was late and which offset was the last', () => {
  const state = new FeatureState(plan, 2);
  assert.equal(state.apply(event({}), 2 ** 33 + 5), 0);
  assert.equal(state.apply(event({ timeMs: (AT_SEC - 50) * 1000 }), 2 ** 33 + 6), 50);
  assert.equal(state.apply(event({ timeMs: (AT_SEC + 1) * 1000 }), 2 ** 33 + 7), 0);
  state.read('anna', AT_SEC + 1);
  assert.equal(state.reader.offset, 2 ** 33 + 7);
});

test('the count of applied events goes on beyond 32 bits', () => {
  const state = stateOf([{}]);
  const table = state.tables.find(({ slots }) => slots === 1)!;
  const { u32 } = table.shard;
  u32[SHARD_HEADER.eventsApplied] = 2 ** 32 - 1;
  state.apply(event({}));
  state.apply(event({}));
  assert.deepEqual([u32[SHARD_HEADER.eventsApplied], u32[SHARD_HEADER.eventsApplied + 1]], [1, 1]);
});

test('consents are told with their time and their end', () => {
  const granted = { type: 'consent.granted', data: { channel: 'sms', expiresAt: '2024-01-01T00:00:00Z' } };
  const revoked = { type: 'consent.revoked', data: { channel: '*' }, timeMs: (AT_SEC - 1) * 1000 };
  const state = stateOf([granted, revoked]);
  const consents = state.reader.profile('anna')?.consents;
  assert.deepEqual(consents?.sms, { granted: true, atSec: AT_SEC, expiresSec: Date.UTC(2024, 0, 1) / 1000 });
  assert.deepEqual(consents?.email, { granted: false, atSec: AT_SEC - 1, expiresSec: undefined });
  assert.equal(state.reader.profile('nobody'), undefined);
});

test('bins and bytes count to their end and stay there', () => {
  // 15:30 UTC is noon where the pack is at home.
  const noonMs = (Math.floor(AT_SEC / DAY_SEC) * DAY_SEC + 15.5 * 3600) * 1000;
  const answered = { type: 'call.ended', data: { callId: 'c', campaignId: 'c', disposition: 'answered_converted' } };
  const state = stateOf(Array.from({ length: 300 }, (_, hash) => ({ ...answered, timeMs: noonMs, hash })));
  assert.equal(state.read('anna', AT_SEC).get('answersAtNoon'), (255 + 4 * 0.3) / (255 + 4));
  const sms = { type: 'contact.sent', data: { channel: 'wecom' } };
  for (let hash = 0; hash < 66_000; hash++) state.apply(event({ ...sms, hash }));
  assert.equal(state.read('anna', AT_SEC).get('wecomSent'), 65_535);
  assert.equal(state.read('anna', AT_SEC).get('wecomAnswers'), 0);
});

test('a long run of days is counted to the bound that was asked for', () => {
  const days = Array.from({ length: 45 }, (_, day) => ({
    type: 'product.viewed',
    data: { sku: 's' },
    timeMs: (AT_SEC + day * DAY_SEC) * 1000,
  }));
  const state = stateOf(days);
  const last = AT_SEC + 44 * DAY_SEC;
  const streakAt = (sec: number) => state.read('anna', sec).get('streak');
  assert.deepEqual([streakAt(last), streakAt(last + DAY_SEC), streakAt(last + 2 * DAY_SEC)], [31, 31, 0]);
  assert.equal(state.read('anna', last).get('active100'), 45);
});

test('events that nothing tells apart but their data give the same state in any order', () => {
  const told = [
    { type: 'profile.updated', data: { attributes: { level: 1, tier: 'gold' } } },
    { type: 'profile.updated', data: { attributes: { level: 2, tier: 'silver' } } },
    { data: { orderId: 'a', amount: 5, discount: 1 } },
    { data: { orderId: 'b', amount: 4, discount: 2 } },
  ];
  const rows = [told, told.toReversed()].map((events) => stateOf(events).row('anna'));
  for (const row of rows) row[HEADER.offsetLo] = 0;
  assert.deepEqual(rows[0], rows[1]);
});

const GROUP: GroupTablePlan = {
  by: ['campaign'],
  position: 0,
  keysMax: 3,
  cells: [{ key: 'n', selector: { key: '', typeCodes: [], matches: undefined }, decayPerSec: 0, amount: () => 1 }],
};

const groupOf = (): GroupTable =>
  new GroupTable(GROUP, new Uint32Array(new SharedArrayBuffer(groupTableWords(GROUP) * 4)), 0);

test('keys beyond a group table’s bound share one entry, those before keep their own', () => {
  const table = groupOf();
  for (let key = 1; key <= 5; key++) for (let n = 0; n < key; n++) table.add(key, key, 0, 1, AT_SEC);
  const sums = [1, 2, 3, 4, 5, 6].map((key) => {
    const into = new Float64Array(1);
    table.read(key, key, AT_SEC, into);
    return into[0];
  });
  assert.deepEqual(sums, [1, 2, 3, 9, 9, 9]);
  assert.equal(table.keys, 3);
});

test('all rows of a turn see the same sums of the shards, those of the next turn see what has come', () => {
  const shards = [groupOf(), groupOf()];
  const reader = new GroupReader(
    [GROUP],
    shards.map((table) => [table]),
  );
  shards[0].add(7, 7, 0, 1, AT_SEC);
  shards[1].add(7, 7, 0, 1, AT_SEC);
  const sum = (key = 7, sec = AT_SEC) => reader.sums(GROUP, key, 7, sec)[0];
  assert.equal(sum(), 2);
  shards[1].add(7, 7, 0, 1, AT_SEC);
  assert.equal(sum(), 2);
  reader.forget();
  assert.equal(sum(), 3);
  shards[0].add(7, 7, 0, 1, AT_SEC);
  assert.equal(sum(7, AT_SEC + 1), 4, 'another time is another sum');
  assert.equal(sum(7 + 256), 0, 'another key in the same place of the cache');
});

test('a late event that changes a feature is told from one that changes none', () => {
  const state = stateOf([{}]);
  const late = (fields: Partial<SlowEvent>): boolean => {
    state.apply(event({ timeMs: (AT_SEC - 60) * 1000, hash: 9, ...fields }));
    return state.hasTouched;
  };
  assert.equal(late({}), true);
  assert.equal(late({ type: 'staff.changed', data: { staffId: 's' } }), false);
});

test('a reader that wants some features reads those and what they are made from, and no others', () => {
  const retail = packOf('models/retail').plan;
  const state = new FeatureState(retail, 2);
  for (let n = 0; n < 5; n++)
    state.apply(
      event({ timeMs: (AT_SEC - n * 9 * DAY_SEC) * 1000, hash: n, data: { orderId: `${n}`, amount: 10 + n } }),
    );
  const names = retail.features.map(({ spec }) => spec.name);
  const whole = new Float64Array(names.length);
  state.reader.read('anna', AT_SEC, true, whole);
  const some = new FeatureReader(retail, state.tables, ['overdueRatio']);
  const values = new Float64Array(names.length).fill(-7);
  const read = (): string[] => {
    assert.equal(some.read('anna', AT_SEC, true, values), 'known');
    return names.filter((_, i) => values[i] !== -7);
  };
  assert.deepEqual(read().sort(), ['daysSinceLastOrder', 'orderGapDays', 'overdueRatio']);
  some.want(['averageOrder']);
  for (const name of read()) assert.equal(values[names.indexOf(name)], whole[names.indexOf(name)], name);
  assert.equal(read().length, 6);
});
