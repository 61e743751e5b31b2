import fc from 'fast-check';
import type { SlowEvent } from '../oracles/slow-event.ts';

/** Noon of a Wednesday: histories reach back over month and year ends. */
const START_MS = Date.UTC(2023, 10, 1, 12);
const DAY_MS = 86_400_000;
export const END_SEC = (START_MS + 121 * DAY_MS) / 1000;

const CUSTOMERS = ['anna', 'bo', '客户3', 'd'.repeat(256)];
const SKUS = ['k1', 'k2', 'k3'];
const CHANNELS = ['wecom', 'sms', 'human_call', 'ai_call'];
const DISPOSITIONS = ['answered_converted', 'answered_interested', 'answered_refused', 'no_answer'];

/** Times that meet: half of all events share a few seconds, the others days and buckets. */
const day = fc.oneof(fc.nat(119), fc.constantFrom(0, 1, 2, 30, 31, 90, 118, 119));
const second = fc.oneof(
  fc
    .tuple(day, fc.nat(23), fc.constantFrom(0, 1, 59 * 60, 3599))
    .map(([days, hour, inHour]) => days * 86_400 + hour * 3600 + inHour),
  fc.constantFrom(0, 86_399, 86_400, 40 * 86_400, 119 * 86_400),
);
const timeMs = fc.tuple(second, fc.constantFrom(0, 1, 2, 500, 999)).map(([sec, ms]) => START_MS + sec * 1000 + ms);

const text = (...words: string[]) => fc.constantFrom(...words);
/** Money to the cent, as all packs here can keep it. */
const amount = fc.oneof(fc.integer({ min: 0, max: 500_000 }), fc.constant(1_005)).map((minor) => minor / 100);
const channel = text(...CHANNELS);

type Model = Record<string, fc.Arbitrary<unknown>>;

/** Data with some of the optional fields. */
const data = (required: Model, optional: Model = {}) =>
  fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required) }) as fc.Arbitrary<
    Record<string, unknown>
  >;

const line = data(
  { sku: text(...SKUS), quantity: fc.integer({ min: 0, max: 400 }).map((n) => n / 100) },
  { category: text('tea', 'nut'), supplyDays: fc.constantFrom(0, 7, 30, 0.5, 36_600) },
);
const contact = data(
  { channel },
  { campaignId: text('c1', 'c2'), contactId: text('n1', 'n2', 'n3', 'n4', 'n5'), actionId: text('a1', 'a2', 'a3') },
);
const expiresAt = text(
  '2023-11-20T00:00:00Z',
  '2024-03-01T20:00:00.9+08:00',
  '2110-01-01T00:00:00Z',
  '1969-01-01T00:00:00Z',
);
const consent = data(
  { channel: text(...CHANNELS, '*') },
  {
    purpose: text('marketing', 'marketing', 'service'),
    expiresAt,
  },
);
const tags = fc.subarray(['vip', 'parent', 'tea', 'late']);
const nothing = data({});

const BODIES: readonly (readonly [type: string, body: fc.Arbitrary<Record<string, unknown>>])[] = [
  [
    'order.placed',
    data({ amount }, { discount: amount, storeId: text('s1', 's2', 's3'), lines: fc.array(line, { maxLength: 4 }) }),
  ],
  ['order.refunded', data({ amount })],
  ['coupon.issued', data({}, { expiresAt })],
  ['coupon.redeemed', nothing],
  ['coupon.expired', nothing],
  ['wallet.toppedup', data({ amount })],
  ['member.joined', data({}, { source: text('live', 'shop'), attributes: fc.constant({ source: 'junk' }) })],
  ['member.tier_changed', data({ tier: text('silver', 'gold', 'regular') })],
  ['referral.converted', nothing],
  [
    'product.viewed',
    data(
      { sku: text(...SKUS) },
      { category: text('tea', 'nut'), dwellSeconds: fc.integer({ min: 0, max: 90_000 }).map((n) => n / 100) },
    ),
  ],
  ['cart.added', data({ sku: text(...SKUS) })],
  ['search.performed', nothing],
  ['content.opened', data({}, { topic: text('tea', 'health', 'news') })],
  ['content.dwelled', data({ seconds: fc.nat(500) })],
  ['content.shared', nothing],
  ['live.joined', nothing],
  ['live.left', data({ seconds: fc.nat(5000) })],
  ['friend.added', nothing],
  ['friend.removed', nothing],
  ['group.joined', nothing],
  ['group.left', nothing],
  ['message.received', contact],
  ['contact.sent', contact],
  ['contact.reserved', contact],
  ['contact.released', contact],
  ['contact.expired', contact],
  ['contact.confirmed', contact],
  ['contact.clicked', contact],
  ['contact.replied', contact],
  ['contact.complained', contact],
  [
    'call.ended',
    data(
      { campaignId: text('c1', 'c2'), disposition: text(...DISPOSITIONS) },
      {
        hangupBy: text('customer', 'agent'),
        optOut: fc.boolean(),
        channel: fc.constantFrom<unknown>('ai_call', 'human_call', 'pigeon', 7, null),
      },
    ),
  ],
  ['ticket.opened', nothing],
  ['ticket.closed', data({}, { csat: fc.nat(10) })],
  ['feedback.given', data({ sentiment: fc.constantFrom(-1, -0.25, 0, 0.5, 1) })],
  ['consent.granted', consent],
  ['consent.revoked', consent],
  ['list.changed', data({ list: text('black', 'white'), member: fc.boolean() })],
  [
    'profile.updated',
    data(
      {
        attributes: data(
          {},
          {
            tier: fc.constantFrom<unknown>('silver', 'gold', 'other', null, 3),
            level: fc.constantFrom<unknown>(0, -0, 1.5, 1e300, true, 'text', null, ['a']),
            source: fc.constantFrom<unknown>('live', 'shop', null),
            gender: text('female', 'male'),
            storeDistanceKm: fc.nat(40),
            birthday: fc.constantFrom<unknown>('1990-02-29', '--11-02', '12-31', '2001-02-30', 'soon', null),
            tags,
          },
        ),
      },
      { tagsAdded: tags, tagsRemoved: tags },
    ),
  ],
  [
    'activity.recorded',
    data({ kind: text('game', 'class') }, { value: fc.integer({ min: -5000, max: 5000 }).map((n) => n / 100) }),
  ],
];

/** Types that most features look at come more often. */
const FREQUENT = [
  'order.placed',
  'product.viewed',
  'call.ended',
  'contact.sent',
  'profile.updated',
  'consent.granted',
  'consent.revoked',
];

const body = fc.oneof(
  ...BODIES.map(([type, arbitrary]) => ({
    weight: FREQUENT.includes(type) ? 4 : 1,
    arbitrary: arbitrary.map((fields) => ({ type, data: fields })),
  })),
);

/** What an item is from then on, for all events that come later. */
const itemChange = data(
  { sku: text(...SKUS, 'k9') },
  {
    category: text('tea', 'nut', 'cup'),
    supplyDays: fc.constantFrom(0, 10, 45),
    signature: fc.boolean(),
    attributes: data({}, { taste: fc.constantFrom<unknown>('sweet', 'salty', 'new', null), organic: fc.boolean() }),
  },
).map((fields) => ({ type: 'item.changed', data: fields }));

/** A hash that differs for each of a history's events, as that of (source, id) nearly always does. */
const hashOf = (number: number): number => Math.imul(number + 1, 0x9e3779b1) >>> 0;

/**
 * Events of several customers in the order of their arrival, which is not that of their times. Some come twice,
 * right away or much later, the second time with other data.
 */
export const history = (options: {
  customers: number;
  eventsMax: number;
  /** Whether items change meanwhile: then arrival shows. */
  itemsChange?: boolean;
}): fc.Arbitrary<SlowEvent[]> =>
  fc
    .array(
      fc.record({
        customer: text(...CUSTOMERS.slice(0, options.customers)),
        timeMs,
        body: options.itemsChange ? fc.oneof({ weight: 6, arbitrary: body }, itemChange) : body,
        again: fc.oneof(
          { weight: 5, arbitrary: fc.constant(null) },
          { weight: 1, arbitrary: fc.nat(options.eventsMax) },
        ),
      }),
      { maxLength: options.eventsMax, size: 'max' },
    )
    .map((drafts) => {
      const events = drafts.map(({ customer, timeMs: at, body: { type, data: fields } }, number): SlowEvent => {
        return { customer, source: 'test', id: String(number), type, timeMs: at, hash: hashOf(number), data: fields };
      });
      for (const [number, { again }] of drafts.entries())
        if (again !== null) events.splice(Math.max(again, number + 1), 0, { ...events[number], timeMs: START_MS });
      return events;
    });

/** What groups are asked for. */
export const questionKeys = fc.record(
  { campaign: text('c1', 'c2', 'c9'), action: text('a1', 'a9'), channel, store: text('s1', 's2'), sku: text(...SKUS) },
  { requiredKeys: [] },
);

export const customerNames = (customers: number): readonly string[] => CUSTOMERS.slice(0, customers);
