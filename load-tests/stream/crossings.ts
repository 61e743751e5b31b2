import assert from 'node:assert/strict';
import type { Event } from '../../src/events/event.ts';
import { loadPack } from '../../src/packs/pack.ts';
import { packFolder } from '../../tests/support/pack-folder.ts';
import { WatchedLog } from '../../tests/support/watched-log.ts';

/**
 * Every crossing of many customers over 120 days of the log's clock, with restarts in between: fired once, none twice, at its
 * second, and with a log time at most a second later.
 * `node load-tests/stream/crossings.ts [customers]`
 */
const CUSTOMERS = Number(process.argv[2] ?? 1_000_000);
const DAYS = 120;
const RESTARTS = 10;
const DAY_SEC = 86_400;
const START_SEC = Date.UTC(2026, 0, 1) / 1000;
const LAPSE_SEC = 30 * DAY_SEC;

const pack = loadPack(
  packFolder({
    features: [{ name: 'orderDays', kind: 'last', event: 'order.placed', unit: 'days', default: 400 }],
    triggers: { triggers: [{ name: 'lapse', when: { feature: 'orderDays', crosses: 'above', value: 30 } }] },
  }),
);

/** Each customer orders on two days of the first 100, at a second of their own. */
const ordersOf = (customer: number): [number, number] => {
  const first = (customer * 7919) % 50;
  const second = first + 1 + ((customer * 104_729) % 49);
  const sec = (customer * 15_485_863) % DAY_SEC;
  return [START_SEC + first * DAY_SEC + sec, START_SEC + second * DAY_SEC + sec];
};

const orders: { sec: number; customer: number }[][] = Array.from({ length: DAYS }, () => []);
for (let customer = 0; customer < CUSTOMERS; customer++)
  for (const sec of ordersOf(customer)) orders[Math.floor((sec - START_SEC) / DAY_SEC)].push({ sec, customer });

const log = new WatchedLog(pack);
await log.start();
const startedMs = performance.now();
for (let day = 0; day < DAYS; day++) {
  const events = orders[day]
    .sort((a, b) => a.sec - b.sec)
    .map(
      ({ sec, customer }): Pick<Event, 'type' | 'subject' | 'timeMs' | 'data'> => ({
        type: 'order.placed',
        subject: `c${customer}`,
        timeMs: sec * 1000,
        data: { orderId: `${customer}`, amount: 1 },
      }),
    );
  for (let from = 0; from < events.length; from += 5000) await log.add(events.slice(from, from + 5000));
  const endMs = (START_SEC + (day + 1) * DAY_SEC) * 1000;
  if (day % Math.floor(DAYS / RESTARTS) === 7) {
    // In the middle of what is due.
    await log.breakOff(endMs, 20);
    await log.start();
  }
  await log.go(endMs);
}

const expected = new Set<string>();
for (let customer = 0; customer < CUSTOMERS; customer++) {
  const [first, second] = ordersOf(customer);
  if (first + LAPSE_SEC <= second) expected.add(`c${customer}@${first + LAPSE_SEC}`);
  if (second + LAPSE_SEC <= START_SEC + DAYS * DAY_SEC) expected.add(`c${customer}@${second + LAPSE_SEC}`);
}
let latestMs = 0;
let count = 0;
for (const { customer, sec, logTimeMs } of await log.fired()) {
  count++;
  assert.ok(expected.delete(`${customer}@${sec}`), `${customer}@${sec} fired twice, or without a crossing`);
  latestMs = Math.max(latestMs, logTimeMs - sec * 1000);
}
assert.equal(expected.size, 0, `${expected.size} never fired`);
assert.ok(latestMs <= 1000, `the latest came ${latestMs} ms late`);
const tookSec = ((performance.now() - startedMs) / 1000).toFixed(1);
process.stdout.write(
  `${CUSTOMERS} customers, ${DAYS} days, ${RESTARTS} restarts: ${count} crossings, each once, ${latestMs} ms late at most; ${tookSec} s\n`,
);
