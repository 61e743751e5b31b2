import Type, { type Static, type TProperties } from 'typebox';
import { ACTIONS, CONDITIONS, KINDS, TRAITS } from './words.ts';

const closed = <T extends TProperties>(properties: T, description?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(description === undefined ? {} : { description }) });
const number = (description: string) => Type.Number({ description, minimum: -1e6, maximum: 1e6 });
const share = (description: string) => Type.Number({ description, minimum: 0, maximum: 1 });
const positive = (description: string) => Type.Number({ description, exclusiveMinimum: 0, maximum: 1e6 });
const atLeast0 = (description: string) => Type.Number({ description, minimum: 0, maximum: 1e6 });
const name = Type.String({
  pattern: '^[a-z0-9][a-z0-9_-]{0,63}$',
  description: 'a name of small letters, digits, - and _',
});
const factors = <T extends string>(keys: readonly T[], description: string) =>
  Type.Partial(
    Type.Object(
      Object.fromEntries(keys.map((key) => [key, number('log-odds')])) as Record<T, ReturnType<typeof number>>,
      { additionalProperties: false, description },
    ),
  );

const Peak = closed({
  hour: Type.Number({ minimum: 0, maximum: 24 }),
  width: positive('hours'),
  height: number('log-odds'),
});
const dayOfYear = Type.String({ pattern: '^\\d\\d-\\d\\d$', description: 'a month and a day such as 11-11' });
const Span = closed({
  name,
  day: dayOfYear,
  days: Type.Integer({ minimum: 1, maximum: 60 }),
  factor: positive('times the usual rate of buying'),
});

const CHANNEL_NEEDS = ['friend', 'group', 'openid', 'app', 'phone', 'none'] as const;

const ChannelSchema = closed({
  cost: atLeast0('money a contact'),
  irritation: atLeast0('units of irritation a contact'),
  needs: Type.Enum([...CHANNEL_NEEDS]),
  consent: share('of those who can be reached at all, how many consent when they join'),
  reach: number('log-odds that a contact is seen (a call: answered) at an hour of no peak'),
  spread: atLeast0('standard deviation of the log-odds between people'),
  delayHours: positive('mean time until it is seen'),
  opened: share('of those seen, how many we hear of as opened'),
  click: number('log-odds of a click or a yes when seen, at a middling response'),
  reply: share('of those seen, how many write back'),
  persuasion: number('log-odds that it adds to the response'),
});

export const ActionSchema = closed({
  channels: Type.Array(name, { minItems: 1, maxItems: 12, uniqueItems: true }),
  kind: Type.Enum(['sell', 'care', 'relate']),
  result: Type.Enum(['order', 'friend', 'referral', 'live', 'content', 'calm']),
  only: Type.Optional(Type.Array(Type.Enum([...CONDITIONS]), { description: 'conditions that must all hold' })),
  faceValue: Type.Optional(positive('money of the coupon')),
  validityDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 60 })),
  lift: atLeast0('orders that it causes at most'),
  base: number('log-odds of the response'),
  need: number('log-odds at full need'),
  coupon: number('log-odds per unit of coupon liking'),
  taste: number('log-odds per unit of taste for what it shows'),
  who: factors(KINDS, 'log-odds by kind of customer'),
  when: factors(CONDITIONS, 'log-odds where a condition holds'),
  traits: factors(TRAITS, 'log-odds per unit of a trait'),
});

const sections = {
  irritation: closed({
    halfLifeDays: Type.Tuple([positive('from'), positive('to')]),
    scale: positive('irritation that counts as 1'),
    exponent: positive('1 is a straight line, above 1 spares the first contacts'),
    spread: atLeast0('of irritability between people, log-normal'),
    onReach: atLeast0('log-odds lost'),
    onResponse: atLeast0('log-odds lost'),
    complaint: share('a contact, at 1'),
    unfriend: share('a contact, at 1'),
    optOut: share('a contact, at 1'),
    leave: share('a contact, at 1, of those who still buy'),
    calmed: share('of irritation that a good word takes away at best'),
    gentle: share('of all this, for contacts that do not sell'),
  }),
  response: closed({
    link: Type.Enum(['logistic', 'cloglog']),
    delayDays: positive('mean time from seeing to buying'),
    noise: atLeast0('standard deviation of the log-odds between people and actions'),
    freshNoise: atLeast0('standard deviation from one contact to the next'),
    middling: number('log-odds at which the click rates of channels hold'),
    clickSlope: number('log-odds of a click per log-odds of the response'),
    calmOrders: atLeast0('orders that a good word causes at most'),
  }),
  calls: closed({
    busy: share('of calls'),
    voicemail: share('of calls'),
    failed: share('of calls'),
    invalid: share('of phones'),
    callback: share('of answered'),
    converted: share('of those interested: buy at once'),
    refused: share('of answered, at irritation 1'),
    talkSeconds: positive('median'),
    handlingSeconds: positive('of an agent around a call'),
    shift: number('log-odds of answering beside the hours at which messages are read'),
    eager: atLeast0('how much oftener they buy at once, per order that the call causes'),
    forGood: share('of those who refuse: want no more calls'),
    hangUp: share('of those not interested: end the call themselves'),
    hangUpAnnoyed: share('more of them, at irritation 1'),
    talkSpread: atLeast0('of talk time, log-normal'),
  }),
  calendar: closed({
    weekday: Type.Array(positive('factor of buying'), { minItems: 7, maxItems: 7, description: 'Monday to Sunday' }),
    habit: atLeast0('strength of the own habit day'),
    discount: share('of the price in a promotion'),
    liveDays: Type.Array(Type.Integer({ minimum: 0, maximum: 6 }), { description: '0 is Monday' }),
    festivals: Type.Array(Span),
    promotions: Type.Array(Span),
    burst: closed({
      factor: positive('times the usual rate in the hour'),
      hour: Type.Integer({ minimum: 0, maximum: 23 }),
    }),
  }),
  need: closed({
    use: positive('of a household against what the packs say, on average'),
    shape: positive('of the gamma of use between people'),
    cycleSpread: atLeast0('log-normal, from cycle to cycle'),
    threshold: number('days of stock at which half of the need is felt'),
    width: positive('days over which it comes'),
    tripsPerDay: positive('at full need'),
    ambient: share('of full need that is there with full shelves'),
    leakPerDay: atLeast0('buys elsewhere, at full need'),
    stockUp: atLeast0('chance of more in a promotion, for the highest price class'),
    sleeperPerDay: atLeast0('orders of a sleeper without any contact'),
    awakening: share('of sleepers who become regular after a further order'),
    viewsPerDay: atLeast0('at full need'),
    sleeperViewsPerDay: atLeast0('of sleepers'),
    idleViewsPerDay: atLeast0('of others'),
  }),
} as const;

export const MarketSchema = closed(
  {
    name,
    description: Type.String({ maxLength: 500 }),
    start: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$', description: 'a date such as 2025-03-01' }),
    historyDays: Type.Integer({ minimum: 0, maximum: 1000, description: 'lived before the first decision' }),
    items: Type.Array(
      closed({
        sku: Type.String({
          pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
          description: 'letters, digits, dots, - and _',
        }),
        category: name,
        taste: name,
        price: positive('money'),
        margin: share('of the price'),
        supplyDays: positive('days'),
        weight: positive('how much it is liked'),
        festival: Type.Optional(name),
      }),
      { minItems: 1, maxItems: 200 },
    ),
    people: closed({
      during: share('join after the first day'),
      prospects: share('join without an order'),
      conversionDays: positive('mean time to a first order'),
      regular: share('of buyers, keep buying'),
      sleepers: share('of buyers, would, if asked'),
      bots: share('of all'),
      movers: share('move away in a year'),
      seasonal: share('buy in one half of the year'),
      missing: share('of attributes'),
      leaveRegular: share('after an order'),
      leaveOther: share('after a first order'),
      basket: closed({
        first: positive('items'),
        regular: positive('items'),
        spread: atLeast0('log-normal, between people'),
        quantitySpread: atLeast0('log-normal, from line to line'),
        further: share('chance of a category that is not needed now'),
        couponMax: share('of an order that a coupon takes off at most'),
        festival: positive('times as much liked while the festival of an item is on'),
        stockUp: positive('times as much by those who stock up in a promotion'),
      }),
      sameHours: share('are called best at the hours at which they read'),
      categories: share('chance of using a further category'),
      tasteSpread: atLeast0('standard deviation'),
      traitSpread: atLeast0('standard deviation'),
      sources: Type.Array(
        closed({
          name,
          share: positive('weight'),
          conversion: share('of prospects'),
          friend: share('add a friend at once'),
        }),
        { minItems: 1, maxItems: 20 },
      ),
      zones: Type.Array(
        closed({
          timezone: Type.String({ pattern: '^[A-Za-z0-9_+/-]{1,64}$', description: 'an IANA time zone' }),
          utcOffsetHours: Type.Integer({ minimum: -11, maximum: 13 }),
          share: positive('weight'),
        }),
        { minItems: 1, maxItems: 20 },
      ),
      roles: Type.Array(
        closed({ name, share: positive('weight'), basket: positive('factor'), tag: Type.Optional(name) }),
        {
          minItems: 1,
          maxItems: 20,
        },
      ),
      priceClasses: Type.Array(
        closed({
          name,
          share: positive('weight'),
          coupon: number('liking of coupons'),
          promotion: positive('factor of buying in a promotion'),
          redeem: share('use an open coupon when they buy'),
        }),
        { minItems: 1, maxItems: 9 },
      ),
      hours: Type.Array(closed({ share: positive('weight'), weekday: Type.Array(Peak), weekend: Type.Array(Peak) }), {
        minItems: 1,
        maxItems: 9,
      }),
      aliases: closed({
        phone: share('have one that we know'),
        openid: share('have one'),
        app: share('have one'),
        late: share('of openids linked late'),
        never: share('of openids never linked'),
        lateDays: positive('mean time to a late link'),
      }),
      group: share('join a group'),
    }),
    ...sections,
    channels: Type.Record(name, ChannelSchema),
    actions: Type.Object(
      Object.fromEntries(ACTIONS.map((action) => [action, ActionSchema])) as Record<
        (typeof ACTIONS)[number],
        typeof ActionSchema
      >,
      { additionalProperties: false },
    ),
    service: closed({
      refund: share('of orders'),
      ticket: share('of orders'),
      feedback: share('of orders'),
      badFeedback: share('of feedback'),
      topUp: share('of orders of regular customers'),
      tiers: Type.Array(positive('money spent'), { minItems: 1, maxItems: 6 }),
      openTicketDays: positive('mean'),
      ticketIrritation: atLeast0('units'),
      complaint: share('of bad feedback'),
    }),
    observation: closed({
      duplicates: share('of events'),
      late: share('of events'),
      lateHours: positive('mean'),
      shuffled: share('of events, by minutes'),
      bounced: share('of messages'),
      openid: share('of looks by those with an openid, told under it'),
    }),
    interests: closed({
      visit: positive('mean number of looks of a visit'),
      atRest: share('of the looks at full need, with full shelves'),
      search: share('of visits'),
      cart: share('of looks'),
      cartBeforeOrder: share('of orders'),
      dwellSeconds: positive('mean of a look'),
      content: share('a day, of those who keep buying, at a middling liking'),
      live: share('a live day, of those who keep buying, at a middling liking'),
      others: share('of both, for everybody else'),
      read: share('of content opened'),
      readSeconds: positive('mean'),
      share: share('of content opened, times the liking of referring'),
      ownTopic: share('of content opened'),
      liveHour: Type.Integer({ minimum: 0, maximum: 23 }),
      liveSeconds: positive('mean'),
      liveOrders: atLeast0('that an hour in a live session causes, at full need'),
      sleeperNeed: share('that a sleeper feels in a live session'),
      botDays: share('of days on which a robot comes'),
      botLooks: positive('of a robot a day, at most'),
    }),
    value: closed({
      friend: number('money'),
      referral: number('money'),
      irritation: atLeast0('money a unit'),
    }),
    decisions: closed({
      everyDays: Type.Integer({ minimum: 1, maximum: 60 }),
      ruleShare: share('of the logging policy that follows the rules'),
      holdShare: share('of the rest that holds'),
      fromHour: Type.Integer({ minimum: 0, maximum: 23 }),
      toHour: Type.Integer({ minimum: 1, maximum: 24 }),
    }),
    drift: Type.Optional(
      closed({
        at: share('of the days'),
        changes: Type.Partial(
          Type.Object(
            Object.fromEntries(
              ['irritation', 'response', 'calls', 'calendar', 'need', 'channels', 'actions'].map((key) => [
                key,
                Type.Unknown(),
              ]),
            ),
            { additionalProperties: false },
          ),
        ),
      }),
    ),
  },
  'A market for beckon simulate: every hidden parameter.',
);

/** A market file as it stands after `extends` has been filled in. */
export type MarketFile = Static<typeof MarketSchema>;
export type ChannelTruth = Static<typeof ChannelSchema>;
export type ActionTruth = Static<typeof ActionSchema>;
