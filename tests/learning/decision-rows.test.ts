import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dedupeWindows, makeStateMemory, viewState } from '../../src/app/shared-state.ts';
import type { Event } from '../../src/events/event.ts';
import { CsvEncoder } from '../../src/learning/csv.ts';
import { Export } from '../../src/learning/export.ts';
import { loadPack } from '../../src/packs/pack.ts';
import { packFolder } from '../support/pack-folder.ts';
import { logOf } from './log-of.ts';

const DAY_MS = 86_400_000;
const at = (day: number): number => Date.UTC(2024, 0, 1) + day * DAY_MS;

const folder = packFolder({
  features: [{ name: 'orders', kind: 'count', event: 'order.placed', unit: 'orders' }],
  moment: {
    event: 'decision.made',
    columns: ['actionId', 'channel', 'sendHour'],
    weight: { of: 'probability', atMost: 20 },
  },
  labels: [
    { name: 'buys7d', event: 'order.placed', within: '7d' },
    {
      name: 'caused7d',
      event: 'order.placed',
      same: 'decisionId',
      within: '7d',
      reversedBy: { event: 'order.refunded', same: 'orderId' },
    },
    { name: 'seen', events: ['contact.opened', 'contact.clicked'], same: 'decisionId', within: '3d' },
  ],
});
const pack = loadPack(folder);

let ids = 0;
const event = (type: Event['type'], day: number, data: Event['data'], subject = 'ada'): Event => ({
  type,
  source: '/shop',
  id: `e${ids++}`,
  subject,
  timeMs: at(day),
  data,
  extensions: undefined,
});
const decision = (day: number, decisionId: string, more: object = {}, subject = 'ada'): Event =>
  event('decision.made', day, { decisionId, actionId: 'hold', probability: 0.25, ...more }, subject);
const contact = { actionId: 'recall', channel: 'sms', sendHour: 10, probability: 0.01 };

/** The rows as lines of CSV, the log going on to day 60. */
const linesOf = async (...events: Event[]): Promise<string[]> => {
  const { plan, labels, moment } = pack;
  if (moment?.selector === undefined) throw new Error('the pack declares an event');
  const { tables } = viewState(pack, makeStateMemory(pack, 4));
  const end = event('product.viewed', 60, { sku: 'a' }, 'bo');
  const read = await Export.read({
    log: await logOf([{ logTimeMs: at(60), events: [...events, end] }]),
    plan,
    tables,
    dedupe: dedupeWindows(pack, tables),
    labels,
    conditions: [],
    moments: { ...moment, fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY },
  });
  const names = labels.map(({ name }) => name);
  const csv = new CsvEncoder(read.said, pack.featureNames, names);
  for (const row of read.rows()) csv.add(row);
  return Buffer.from(csv.end()).toString().trimEnd().split('\n');
};

test('a row a decision: what was chosen, the weight of a rare draw cut off, what came of it', async () => {
  const lines = await linesOf(
    event('order.placed', -1, { orderId: 'A', amount: 5 }),
    decision(0, 'd1', contact),
    event('contact.opened', 1, { channel: 'sms', decisionId: 'd1' }),
    decision(3, 'd2'),
    event('order.placed', 4, { orderId: 'B', amount: 5, decisionId: 'd1' }),
  );
  assert.deepEqual(lines, [
    'customerId,at,actionId,channel,sendHour,weight,orders,buys7d,caused7d,seen',
    'ada,2024-01-01T00:00:00.000Z,recall,sms,10,20,1,1,1,1',
    'ada,2024-01-04T00:00:00.000Z,hold,,,4,1,1,0,0',
  ]);
});

test('what names another decision, nobody’s or one of somebody else is not caused by this one', async () => {
  const lines = await linesOf(
    decision(0, 'd1', contact),
    decision(0, 'd9', contact, 'bo'),
    event('order.placed', 1, { orderId: 'A', amount: 5 }),
    event('order.placed', 2, { orderId: 'B', amount: 5, decisionId: 'd9' }),
    event('contact.clicked', 4, { channel: 'sms', decisionId: 'd1' }),
  );
  assert.deepEqual(
    lines.slice(1).map((line) => line.split(',').slice(-3).join()),
    ['1,0,0', '0,0,0'],
  );
});

test('an order that is given back was not caused; one that follows it for the same decision is', async () => {
  const back = [
    event('order.placed', 1, { orderId: 'A', amount: 5, decisionId: 'd1' }),
    event('order.refunded', 2, { orderId: 'A', amount: 5 }),
  ];
  const causes = async (...events: Event[]) =>
    (await linesOf(decision(0, 'd1', contact), ...events))[1].split(',').at(-2);
  assert.equal(await causes(...back), '0');
  assert.equal(await causes(...back, event('order.placed', 3, { orderId: 'C', amount: 5, decisionId: 'd1' })), '1');
});
