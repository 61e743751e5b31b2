import { DAY_MS } from './calendar.ts';
import type { Candidates } from './candidates.ts';
import type { Choice, Policy } from './policy.ts';
import { actionIndex, bitOf } from './words.ts';
import type { World } from './world.ts';

const CONTACT_GAP_DAYS = 3;
const CARE_DAYS = 14;
const RUN_OUT_SOON_DAYS = 7;
const SEND_HOUR = 10;
/** Share of orders with a coupon, smoothed like the segments of the retail pack: below is low, from the other on high. */
const SENSITIVITY = { prior: 0.2, weight: 5, low: 0.2, high: 0.5, ordersMin: 2 } as const;

/** What a good operator does without models: the first line that applies wins. Time of sending: ten in the morning. */
export const manualRules = (): Policy => ({
  name: 'rules',
  isRecorded: true,
  decide(world: World, p: number, bits: number, candidates: Candidates, choice: Choice): void {
    const i = ruleOf(world, p, bits, candidates);
    if (i < 0) choice.hold();
    else choice.contact(candidates.actionOf(i), candidates.channelOf(i), world.timeOf(p, SEND_HOUR, 0));
  },
});

/** The candidate that the rules take, -1 for hold. */
export const ruleOf = (world: World, p: number, bits: number, candidates: Candidates): number => {
  const { people, today } = world;
  const nowMs = today.startMs;
  const has = (bit: number): boolean => (bits & bit) !== 0;
  if (people.contactMs[p] > 0 && nowMs - people.contactMs[p] < (CONTACT_GAP_DAYS - 0.5) * DAY_MS) return -1;
  if (has(UNHAPPY)) {
    const wasSent = people.careMs[p] > 0 && nowMs - people.careMs[p] < CARE_DAYS * DAY_MS;
    return wasSent ? -1 : best(world, p, CARE, candidates, ANY);
  }
  let i = -1;
  if (has(SECOND_ORDER_DUE)) {
    if (has(STRANGER)) i = best(world, p, ADD_FRIEND, candidates, CALLS);
    if (i < 0) i = best(world, p, sensitivity(world, p) === 'low' ? CONTENT : SECOND_ORDER, candidates, ANY);
    if (i >= 0) return i;
  }
  if (has(BUYER) && runsOutDays(world, p) <= RUN_OUT_SOON_DAYS) i = best(world, p, REPLENISH, candidates, ANY);
  if (i < 0 && has(LAPSED)) {
    const isTop = people.spent[p] >= world.setting.topFifthSpent;
    i = best(world, p, RECALL, candidates, isTop ? CALLS : MESSAGES);
  }
  if (i < 0 && has(COUPON_EXPIRING)) i = best(world, p, COUPON_EXPIRY, candidates, ANY);
  if (i < 0 && has(BIRTHDAY)) i = best(world, p, BIRTHDAY_GIFT, candidates, ANY);
  if (i < 0 && today.isPromotionStart && sensitivity(world, p) === 'high')
    i = best(world, p, PROMOTION, candidates, ANY);
  return i;
};

const ANY = 0;
const CALLS = 1;
const MESSAGES = 2;

/** The candidate of the action on the channel with the best (responded + 1) / (sent + 3). */
const best = ({ people, truth }: World, p: number, action: number, candidates: Candidates, which: number): number => {
  let found = -1;
  let rate = -1;
  for (let i = 0; i < candidates.count; i++) {
    if (candidates.actionOf(i) !== action) continue;
    const channel = candidates.channelOf(i);
    if (which !== ANY && truth.channels[channel].isCall !== (which === CALLS)) continue;
    const at = p * truth.channels.length + channel;
    const own = (people.responded[at] + 1) / (people.sent[at] + 3);
    if (own <= rate) continue;
    rate = own;
    found = i;
  }
  return found;
};

/** Days until the last order's supply is used up, or else until the mean gap between orders is over; below 0 after it. */
const runsOutDays = ({ people, today }: World, p: number): number => {
  const since = (today.startMs - people.lastOrderMs[p]) / DAY_MS;
  const orders = people.orders[p];
  const supply = people.lastSupplyDays[p];
  const gap = orders > 1 ? (people.lastOrderMs[p] - people.firstOrderMs[p]) / DAY_MS / (orders - 1) : 0;
  const left = (supply > 0 ? supply : gap) - since;
  // Out for longer than a whole cycle: it is bought elsewhere or not any more.
  return left < -Math.max(supply, gap) ? Number.POSITIVE_INFINITY : left;
};

const sensitivity = ({ people }: World, p: number): 'unknown' | 'low' | 'middle' | 'high' => {
  if (people.orders[p] < SENSITIVITY.ordersMin) return 'unknown';
  const rate = (people.redeemed[p] + SENSITIVITY.prior * SENSITIVITY.weight) / (people.orders[p] + SENSITIVITY.weight);
  return rate >= SENSITIVITY.high ? 'high' : rate >= SENSITIVITY.low ? 'middle' : 'low';
};

const UNHAPPY = bitOf('unhappy');
const SECOND_ORDER_DUE = bitOf('secondOrderDue');
const STRANGER = bitOf('stranger');
const BUYER = bitOf('buyer');
const LAPSED = bitOf('lapsed');
const COUPON_EXPIRING = bitOf('couponExpiring');
const BIRTHDAY = bitOf('birthday');
const CARE = actionIndex('care_message');
const ADD_FRIEND = actionIndex('add_friend');
const CONTENT = actionIndex('content_share');
const SECOND_ORDER = actionIndex('second_order_coupon');
const REPLENISH = actionIndex('replenishment_reminder');
const RECALL = actionIndex('recall_coupon');
const COUPON_EXPIRY = actionIndex('coupon_expiry_reminder');
const BIRTHDAY_GIFT = actionIndex('birthday_gift');
const PROMOTION = actionIndex('promotion_notice');
