import { definitionOfType, type EventType } from '../src/events/catalogue.ts';
import { customerIdOf, todayMs } from './orders.ts';
import { randomOf, shuffled } from './random.ts';

type Data = Readonly<Record<string, unknown>>;
type Random = () => number;

const DAY_MS = 86_400_000;
/** Different bodies in turn: as many as stay in the cache, where an event that has just been decoded is. */
const BODIES = 4096;
/** A power of two, and more than the bodies, so that their order does not come again soon. */
const TURNS = 2 ** 20;
const HASH_STEP = 0x9e3779b1;
const LATE_SHARE = 0.03;
const LATE_DAYS_MAX = 2;
/** A customer has an event in three days. */
const DAYS_PER_EVENT = 3;

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)];
const upTo = (random: Random, end: number): number => Math.floor(random() * end);
const money = (random: Random): number => Math.round(500 + random() * 20_000) / 100;

const CHANNELS = ['wecom', 'sms', 'app_push', 'email', 'human_call', 'ai_call'];
const CATEGORIES = ['tea', 'nut', 'cake', 'fruit', 'drink'];
const DISPOSITIONS = ['no_answer', 'busy', 'answered_not_interested', 'answered_interested', 'answered_converted'];

const line = (random: Random): Data => ({
  sku: `S${upTo(random, 2000)}`,
  quantity: 1 + upTo(random, 4),
  price: money(random),
  category: pick(random, CATEGORIES),
});

const contact = (random: Random): Data => ({
  contactId: `n${upTo(random, 1e9)}`,
  channel: pick(random, CHANNELS),
  campaignId: `c${upTo(random, 20)}`,
  actionId: `a${upTo(random, 30)}`,
});

/** What customers of a shop do, as shares of all their events. */
const MIX: readonly (readonly [type: EventType, share: number, data: (random: Random) => Data])[] = [
  [
    'product.viewed',
    34,
    (r) => ({ sku: `S${upTo(r, 2000)}`, category: pick(r, CATEGORIES), dwellSeconds: upTo(r, 90) }),
  ],
  ['order.placed', 14, (r) => order(r)],
  ['content.opened', 8, (r) => ({ contentId: `t${upTo(r, 500)}`, topic: pick(r, ['tea', 'health', 'news']) })],
  ['contact.sent', 8, contact],
  ['search.performed', 6, (r) => ({ query: `q${upTo(r, 999)}` })],
  ['cart.added', 6, (r) => ({ sku: `S${upTo(r, 2000)}`, quantity: 1 })],
  ['content.dwelled', 5, (r) => ({ contentId: `t${upTo(r, 500)}`, seconds: upTo(r, 300) })],
  ['coupon.issued', 4, (r) => ({ couponId: `p${upTo(r, 1e9)}` })],
  ['coupon.redeemed', 2, (r) => ({ couponId: `p${upTo(r, 1e9)}` })],
  ['live.joined', 2, (r) => ({ liveId: `l${upTo(r, 99)}` })],
  ['live.left', 2, (r) => ({ liveId: `l${upTo(r, 99)}`, seconds: upTo(r, 3000) })],
  ['contact.clicked', 2, contact],
  ['call.ended', 3, (r) => ({ ...contact(r), channel: 'human_call', disposition: pick(r, DISPOSITIONS) })],
  ['message.received', 1, (r) => ({ channel: pick(r, CHANNELS) })],
  [
    'profile.updated',
    2,
    (r) => ({ attributes: { gender: pick(r, ['female', 'male']), storeDistanceKm: upTo(r, 40) } }),
  ],
  ['consent.granted', 1, (r) => ({ channel: pick(r, CHANNELS), purpose: 'marketing' })],
];

const order = (random: Random): Data => ({
  orderId: `o${upTo(random, 1e9)}`,
  amount: money(random),
  discount: random() < 0.2 ? money(random) / 10 : 0,
  storeId: `store-${upTo(random, 60)}`,
  lines: Array.from({ length: 1 + upTo(random, 3) }, () => line(random)),
});

interface Body {
  readonly typeCode: number;
  readonly data: Data;
}

const bodiesOf = (random: Random): Body[] => {
  const kinds = MIX.flatMap(([type, share, data]) => Array.from({ length: share }, () => [type, data] as const));
  return Array.from({ length: BODIES }, () => {
    const [type, data] = pick(random, kinds);
    return { typeCode: definitionOfType(type)!.code, data: data(random) };
  });
};

/**
 * Decoded events of random customers: each has one before any has the next, so that no row is in the cache by chance.
 * Time moves on, and some events are late. The same object, moved.
 */
export class EventStream {
  /** Ids of all customers, one after another: that of the event is `idStart` to `idEnd`. */
  readonly ids: Buffer;
  idStart = 0;
  idEnd = 0;
  timeMs: number;
  typeCode = 0;
  data: Data = {};
  /** As that of (source, id): another one for each event. */
  identityHash = 0;
  /** Events so far. */
  count = 0;
  private readonly idBytes: number;
  private readonly bodies: readonly Body[];
  /** What comes next, again after many: which body, and how late. */
  private readonly turns: Uint16Array;
  private readonly lateMs: Float64Array;
  private readonly random: Random;
  private readonly stepMs: number;
  private nowMs: number;

  /** @param daysAgo when the first event happens */
  constructor(customers: number, seed: number, daysAgo = 400) {
    this.random = randomOf(seed);
    this.bodies = bodiesOf(this.random);
    this.turns = Uint16Array.from({ length: TURNS }, () => upTo(this.random, BODIES));
    this.lateMs = Float64Array.from({ length: TURNS }, () =>
      this.random() < LATE_SHARE ? upTo(this.random, LATE_DAYS_MAX * DAY_MS) : 0,
    );
    this.idBytes = customerIdOf(0).length;
    this.ids = Buffer.allocUnsafe(customers * this.idBytes);
    for (const [i, customer] of shuffled(customers, seed).entries())
      this.ids.write(customerIdOf(customer), i * this.idBytes);
    this.stepMs = (DAYS_PER_EVENT * DAY_MS) / customers;
    this.nowMs = todayMs() - daysAgo * DAY_MS;
    this.timeMs = this.nowMs;
  }

  next(): void {
    this.idStart = this.idEnd === this.ids.length ? 0 : this.idEnd;
    this.idEnd = this.idStart + this.idBytes;
    this.nowMs += this.stepMs;
    const turn = this.count % TURNS;
    this.timeMs = Math.floor(this.nowMs - this.lateMs[turn]);
    const { typeCode, data } = this.bodies[this.turns[turn]];
    this.typeCode = typeCode;
    this.data = data;
    this.count++;
    this.identityHash = Math.imul(this.count, HASH_STEP) >>> 0;
  }
}
