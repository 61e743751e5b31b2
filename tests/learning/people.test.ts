import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dedupeWindows, makeStateMemory, viewState } from '../../src/app/shared-state.ts';
import type { Event } from '../../src/events/event.ts';
import { compileSelector } from '../../src/features/selector.ts';
import { Export, type Moments } from '../../src/learning/export.ts';
import { loadPack } from '../../src/packs/pack.ts';
import { packFolder } from '../support/pack-folder.ts';
import { logOf } from './log-of.ts';

const DAY_MS = 86_400_000;
const at = (day: number): number => Date.UTC(2024, 0, 1) + day * DAY_MS;

const pack = loadPack(
  packFolder({
    features: [{ name: 'orders', kind: 'count', event: 'order.placed', unit: 'orders' }],
    labels: [{ name: 'buys10d', event: 'order.placed', within: '10d' }],
  }),
);

let count = 0;
const event = (type: Event['type'], subject: string, timeMs: number, data: Event['data']): Event => ({
  type,
  source: '/shop',
  id: `e${count++}`,
  subject,
  timeMs,
  data,
  extensions: undefined,
});
const order = (subject: string, day: number): Event =>
  event('order.placed', subject, at(day), { orderId: 'o', amount: 1 });
const link = (subject: string, alias: string, day: number): Event =>
  event('identity.linked', subject, at(day), { alias });

const rowsAt = (events: readonly Event[], ...days: number[]): Promise<string[]> =>
  rowsOf(events, { timesMs: days.map(at) });

const rowsOf = async (events: readonly Event[], moments: Moments): Promise<string[]> => {
  const { tables } = viewState(pack, makeStateMemory(pack, 16));
  const rows = await Export.read({
    log: await logOf([{ logTimeMs: at(99), events }]),
    plan: pack.plan,
    tables,
    dedupe: dedupeWindows(pack, tables),
    labels: pack.labels,
    conditions: [],
    moments,
  });
  return Array.from(
    rows.rows(),
    ({ customerId, atMs, features, labels }) => `${(atMs - at(0)) / DAY_MS} ${customerId} ${features[0]} ${labels[0]}`,
  );
};

test('a person behind two ids is one row from the link on, with the label of both', async () => {
  const events = [
    order('ada', 1),
    order('phone:1', 2),
    link('ada', 'phone:1', 10),
    order('phone:1', 14),
    order('ada', 40),
  ];
  // Before the link the two are two; what the person did later, under any of the ids, is what both did.
  assert.deepEqual(await rowsAt(events, 5, 12, 20), ['5 ada 1 1', '5 phone:1 1 1', '12 ada 2 1', '20 ada 3 0']);
});

test('an alias that no event has named is no row of its own', async () => {
  const events = [order('bob', 1), link('bob', 'wecom:7', 2), order('bob', 50)];
  assert.deepEqual(await rowsAt(events, 3), ['3 bob 1 0']);
});

test('a row at an event under an alias is the row of the person, and of the alias itself once it is unlinked', async () => {
  const unlink = event('identity.unlinked', 'ada', at(12), { alias: 'phone:1' });
  const events = [order('ada', 1), link('ada', 'phone:1', 2), order('phone:1', 5), unlink, order('phone:1', 20)];
  const placed = compileSelector({ event: 'order.placed' });
  const rows = await rowsOf([...events, order('bob', 60)], { selector: placed, fromMs: at(3), toMs: at(30) });
  assert.deepEqual(rows, ['5 ada 1 0', '20 phone:1 0 0']);
});
