import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Items } from '../../src/features/items.ts';
import { compilePlan } from '../../src/features/plan.ts';
import { featureSpecs } from '../../src/features/spec.ts';
import { FeatureState } from '../support/feature-state.ts';

/** Worked by hand, beside the slow twin: what a reader of the documentation would expect. */

const COMMON = { name: 'f', unit: 'days', description: 'd' };
const DAY_SEC = 86_400;
const AT = '2024-02-20T08:00:00Z';

type Told = readonly [time: string, type: string, data: Record<string, unknown>];

/** A function from a time to the feature's value once all the events have come. */
const asked = (
  feature: Record<string, unknown>,
  events: readonly Told[],
  items: Items = new Map(),
): ((time: string) => number) => {
  const specs = featureSpecs({ features: [{ ...COMMON, ...feature }] });
  const state = new FeatureState(compilePlan(specs, { minorDigits: 2, zoneOffsetSec: 8 * 3600, items }), 1);
  for (const [hash, [time, type, data]] of events.entries())
    state.apply({ customer: 'anna', source: 's', id: String(hash), type, timeMs: Date.parse(time), hash, data });
  return (time) => state.read('anna', Date.parse(time) / 1000).get('f')!;
};

const bought = (time: string, supplyDays?: number): Told => [
  time,
  'order.placed',
  {
    orderId: 'o',
    amount: 1,
    lines: [{ sku: 'k', quantity: 1, category: 'tea', ...(supplyDays ? { supplyDays } : {}) }],
  },
];
const runOut = { kind: 'runOut', event: 'order.placed', key: 'category', last: 4, stat: 'time', default: 99 };

test('a pack of 30 days bought once runs out after 30 days, and is given up after 30 more', () => {
  const left = asked(runOut, [bought('2024-01-01T00:00:00Z', 30)]);
  assert.equal(left('2024-01-11T00:00:00Z'), 20);
  assert.equal(left('2024-02-10T00:00:00Z'), -10);
  assert.equal(left('2024-03-10T00:00:00Z'), 99);
});

test('who takes 60 days for packs of 30 is slower than the packs say, by as much as has been seen', () => {
  // Pace: (60 + 2 × 30) / (30 + 2 × 30) = 4 / 3, so that the second pack lasts 40 days.
  const left = asked(runOut, [bought('2024-01-01T00:00:00Z', 30), bought('2024-03-01T00:00:00Z', 30)]);
  assert.ok(Math.abs(left('2024-03-01T00:00:00Z') - 40) < 1e-9);
});

test('without any word on supply a purchase lasts the own mean gap', () => {
  const events = ['2024-01-01', '2024-01-21', '2024-02-10'].map((day) => bought(`${day}T00:00:00Z`));
  assert.ok(Math.abs(asked(runOut, events)('2024-02-15T00:00:00Z') - 15) < 1e-9);
  assert.equal(asked(runOut, events.slice(0, 1))('2024-01-02T00:00:00Z'), 99);
});

test('the item to offer is the first of items.yaml in the category that runs out soonest, of two alike the one bought last', () => {
  const items = new Map([
    ['honey', { category: 'pantry' }],
    ['green', { category: 'tea' }],
    ['black', { category: 'tea' }],
  ]);
  const line = (time: string, category: string, supplyDays: number): Told => [
    ...([time, 'order.placed'] as const),
    { orderId: time, amount: 1, lines: [{ sku: 'k', quantity: 1, category, supplyDays }] },
  ];
  const first = line('2024-01-01T00:00:00Z', 'tea', 30);
  const place = (...events: readonly Told[]) =>
    asked({ ...runOut, stat: 'item', unit: 'place', default: 0 }, events, items)('2024-01-10T00:00:00Z');
  assert.equal(place(first), 2);
  assert.equal(place(first, line('2024-01-05T00:00:00Z', 'pantry', 10)), 1);
  assert.equal(place(first, line('2024-01-05T00:00:00Z', 'pantry', 26)), 1);
  assert.equal(place(first, line('2024-01-05T00:00:00Z', 'pantry', 40)), 2);
  assert.equal(place(line('2024-01-05T00:00:00Z', 'not in the file', 40)), 0);
  assert.equal(place(), 0);
});

test('a birthday is 0 days away on its day in the business’s time, 29 February is 1 March in other years', () => {
  const born = (birthday: string) =>
    asked({ kind: 'anniversary', attribute: 'birthday', default: -1 }, [
      [AT, 'profile.updated', { attributes: { birthday } }],
    ]);
  assert.equal(born('1990-02-29')(AT), 9);
  assert.equal(born('1990-02-29')('2025-02-26T08:00:00Z'), 3);
  // 17:00 UTC is the next day at +08:00.
  assert.equal(born('03-01')('2024-02-29T17:00:00Z'), 0);
  assert.equal(born('2001-02-30')(AT), -1);
});

test('the joining day comes round a year after joining, not on the day itself', () => {
  const days = asked({ kind: 'anniversary', event: 'member.joined' }, [[AT, 'member.joined', {}]]);
  assert.deepEqual([days(AT), days('2024-02-21T08:00:00Z'), days('2025-02-20T08:00:00Z')], [366, 365, 0]);
});

test('an estimate of different values is within the error that is promised, and stays finite when full', () => {
  const seen = (n: number, from: number): number =>
    asked(
      { kind: 'distinct', event: 'product.viewed', field: 'sku' },
      Array.from({ length: n }, (_, i) => [AT, 'product.viewed', { sku: `sku-${from + i}` }] as const),
    )(AT);
  for (const n of [20, 60]) {
    const promised = Math.sqrt(64 * (Math.exp(n / 64) - n / 64 - 1));
    const squares = Array.from({ length: 100 }, (_, run) => (seen(n, run * n) - n) ** 2);
    const error = Math.sqrt(squares.reduce((a, b) => a + b) / squares.length);
    assert.ok(error < 1.4 * promised, `${n}: ${error}, promised ${promised}`);
  }
  assert.equal(Math.round(seen(2000, 0)), 266);
});

test('a contact that was reserved and sent is one, given back it is none, and a full ring answers its most', () => {
  const contact = (type: string, contactId: string, day: number): Told => [
    new Date(Date.parse(AT) - day * DAY_SEC * 1000).toISOString(),
    `contact.${type}`,
    { channel: 'sms', contactId },
  ];
  const events = [contact('reserved', 'a', 2), contact('sent', 'a', 1), contact('reserved', 'b', 1)];
  const within = { kind: 'contacts', last: 4, within: '7d', unit: 'contacts' };
  assert.equal(asked(within, events)(AT), 2);
  assert.equal(asked(within, [contact('released', 'b', 0), ...events.slice(1)])(AT), 1);
  assert.equal(asked(within, [...events, contact('sent', 'b', 0)])(AT), 4);
});
