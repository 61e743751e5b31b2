import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Event } from '../../src/events/event.ts';
import { loadPack } from '../../src/packs/pack.ts';
import { packFolder } from '../support/pack-folder.ts';
import { WatchedLog } from '../support/watched-log.ts';

const DAY = 86_400;
const START = Date.UTC(2026, 0, 10, 5, 6, 7) / 1000;
const DAYS = 120;
const END = START + DAYS * DAY;
const ZONE = 8 * 3600;

const pack = loadPack(
  packFolder({
    utcOffset: '+08:00',
    features: [
      { name: 'orderDays', kind: 'last', event: 'order.placed', unit: 'days', default: 400 },
      { name: 'birthdayIn', kind: 'anniversary', attribute: 'birthday', unit: 'days', default: 400 },
      {
        name: 'leftDays',
        kind: 'runOut',
        event: 'order.placed',
        key: 'category',
        last: 4,
        stat: 'time',
        unit: 'days',
        default: 400,
      },
      { name: 'couponDays', kind: 'until', event: 'coupon.issued', field: 'expiresAt', unit: 'days', default: 400 },
      { name: 'views', kind: 'window', event: 'product.viewed', window: '2d', bucket: '6h', unit: 'views' },
    ],
    triggers: {
      triggers: [
        { name: 'lapse', when: { feature: 'orderDays', crosses: 'above', value: 30 } },
        { name: 'birthday', when: { feature: 'birthdayIn', crosses: 'below', value: 3 } },
        { name: 'run.out', when: { feature: 'leftDays', crosses: 'below', value: 5.5 } },
        { name: 'coupon', when: { feature: 'couponDays', crosses: 'below', value: 3 } },
        { name: 'hot', rule: 'views >= 3', rearm: '7d' },
      ],
    },
  }),
);

type Told = Pick<Event, 'type' | 'subject' | 'timeMs' | 'data'>;

/** The slow twin: the crossings of one person, from their events alone, second by second where it matters. */
const crossingsOf = (events: readonly Told[]): string[] => {
  const found: string[] = [];
  const secs = (type: string): number[] =>
    events.filter((event) => event.type === type).map(({ timeMs }) => timeMs / 1000);
  const orders = secs('order.placed');
  for (const [i, sec] of orders.entries()) {
    const at = sec + 30 * DAY;
    // An order of the very second comes after the crossing.
    if (at <= (orders[i + 1] ?? END)) found.push(`lapse@${at}`);
  }
  let fired = 0;
  const coupons = events.filter(({ type }) => type === 'coupon.issued');
  for (const [i, { timeMs, data }] of coupons.entries()) {
    const at = Date.parse(data.expiresAt as string) / 1000 - 3 * DAY;
    // Given with fewer days to go it fires at once, for the second at which it had three.
    const isMet =
      at <= (i + 1 < coupons.length ? Math.max(timeMs, coupons[i + 1].timeMs) / 1000 : END) || at <= timeMs / 1000;
    if (!isMet || at < fired + DAY) continue;
    found.push(`coupon@${at}`);
    fired = at;
  }
  const told = events.find(({ type }) => type === 'profile.updated');
  if (told !== undefined) {
    const birthday = (told.data.attributes as { birthday: string }).birthday;
    const toldSec = told.timeMs / 1000;
    for (const year of [2026, 2027]) {
      const first = Date.parse(`${year}-${birthday.slice(5)}T00:00:00Z`) / 1000 - ZONE - 3 * DAY;
      // Learned while it lasts, or reached.
      if (first + 4 * DAY > toldSec && first <= END) found.push(`birthday@${first}`);
    }
  }
  const views = secs('product.viewed');
  const bucket = (at: number): number => Math.floor(at / (6 * 3600));
  const isHot = (sec: number): boolean => views.filter((at) => at <= sec && bucket(at) > bucket(sec) - 8).length >= 3;
  // Looked at after each view, and when it may fire again if it was hot when it was last looked at.
  let last = 0;
  let again = 0;
  const lookAt = (sec: number): void => {
    again = 0;
    if (!isHot(sec)) return;
    if (last === 0 || sec >= last + 7 * DAY) {
      found.push(`hot@${sec}`);
      last = sec;
    }
    again = last + 7 * DAY;
  };
  for (const sec of [...views, END]) {
    while (again !== 0 && again <= sec) lookAt(again);
    if (sec < END) lookAt(sec);
  }
  return found.sort();
};

const person = fc.record({
  orders: fc.array(fc.nat(DAYS * DAY - 1), { maxLength: 5 }),
  views: fc.array(fc.integer({ min: 40 * DAY, max: 60 * DAY }), { maxLength: 8 }),
  coupons: fc.array(fc.tuple(fc.nat(DAYS * DAY - 1), fc.integer({ min: DAY, max: 20 * DAY })), { maxLength: 4 }),
  birthday: fc.option(fc.record({ told: fc.nat(60 * DAY), day: fc.nat(364) }), { nil: undefined }),
});
const story = fc.record({
  people: fc.array(person, { minLength: 1, maxLength: 5 }),
  /** When the clock is moved, the process starts anew, or both at once in the middle of what fires. */
  moves: fc.array(
    fc.record({
      sec: fc.nat(DAYS * DAY),
      how: fc.constantFrom('clock' as const, 'restart' as const, 'crash' as const),
    }),
    { maxLength: 12 },
  ),
  batch: fc.integer({ min: 1, max: 4 }),
});

const unique = (secs: readonly number[]): number[] => [...new Set(secs)].sort((a, b) => a - b);

const eventsOf = (
  { orders, views, coupons, birthday }: typeof person extends fc.Arbitrary<infer P> ? P : never,
  i: number,
): Told[] => {
  const event = (type: Told['type'], sec: number, data: Told['data']): Told => ({
    type,
    subject: `c${i}`,
    timeMs: (START + sec) * 1000,
    data,
  });
  return [
    ...unique(orders).map((sec) =>
      event('order.placed', sec, {
        orderId: `${sec}`,
        amount: 1,
        lines: [{ sku: 'a', quantity: 1, category: 'tea', supplyDays: 20 }],
      }),
    ),
    ...[...new Map(coupons)].map(([sec, validSec]) =>
      event('coupon.issued', sec, {
        couponId: `${sec}`,
        expiresAt: new Date((START + sec + validSec) * 1000).toISOString(),
      }),
    ),
    ...unique(views).map((sec) => event('product.viewed', sec, { sku: 'a' })),
    ...(birthday === undefined
      ? []
      : [
          event('profile.updated', birthday.told, {
            attributes: { birthday: new Date(Date.UTC(2001, 0, 1 + birthday.day)).toISOString().slice(0, 10) },
          }),
        ]),
  ].sort((a, b) => a.timeMs - b.timeMs);
};

/** A start finds two people whose crossings are past, and the wheel gives the later one first. */
const PAST_AFTER_RESTART = {
  people: [
    {
      orders: [6553981, 9212076, 6007533, 4090803],
      views: [5150983, 4008173, 5132237, 4929036],
      coupons: [
        [3783424, 377414],
        [8491030, 445975],
      ] as [number, number][],
      birthday: { told: 3373526, day: 48 },
    },
    {
      orders: [],
      views: [4361013],
      coupons: [
        [4607844, 1135882],
        [2045142, 276431],
      ] as [number, number][],
      birthday: { told: 603714, day: 288 },
    },
  ],
  moves: [
    { sec: 4496439, how: 'restart' as const },
    { sec: 4, how: 'crash' as const },
    { sec: 1531738, how: 'crash' as const },
  ],
  batch: 4,
};

test('every crossing fires once, at its second, whatever moves the clock and however often the process starts', async () => {
  await fc.assert(
    fc.asyncProperty(story, async ({ people, moves, batch }) => {
      const log = new WatchedLog(pack);
      await log.start();
      const told = people.map(eventsOf);
      const all = told.flat().sort((a, b) => a.timeMs - b.timeMs);
      const plan = [...moves].sort((a, b) => a.sec - b.sec);
      for (let from = 0; from < all.length; from += batch) {
        const events = all.slice(from, from + batch);
        for (; plan.length > 0 && (START + plan[0].sec) * 1000 < events[0].timeMs; plan.shift()) {
          const { sec, how } = plan[0];
          if (how === 'clock') await log.go((START + sec) * 1000);
          if (how === 'crash') await log.breakOff((START + sec) * 1000, sec % 3);
          if (how !== 'clock') await log.start();
        }
        await log.add(events);
      }
      await log.breakOff(END * 1000, 1);
      await log.start();
      await log.go(END * 1000);
      const fired = await log.fired();
      for (const [i, events] of told.entries()) {
        const own = fired.filter(({ customer }) => customer === `c${i}`);
        const names = own.filter(({ name }) => name !== 'run.out').map(({ name, sec }) => `${name}@${sec}`);
        assert.deepEqual(names.sort(), crossingsOf(events));
        const runOuts = own.filter(({ name }) => name === 'run.out').map(({ sec }) => sec);
        assert.equal(new Set(runOuts).size, runOuts.length);
        // What comes together has one log time.
        for (const { name, sec, logTimeMs } of batch === 1 ? own : [])
          if (name === 'lapse' || name === 'run.out') assert.ok(logTimeMs - sec * 1000 <= 1000, `${name}@${sec}`);
      }
      const logTimes = fired.map(({ logTimeMs }) => logTimeMs);
      assert.deepEqual(
        logTimes,
        [...logTimes].sort((a, b) => a - b),
      );
    }),
    { numRuns: 40, endOnFailure: true, examples: [[PAST_AFTER_RESTART]] },
  );
});
