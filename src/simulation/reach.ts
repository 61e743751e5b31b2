import { ALIAS } from './people.ts';
import { bitOf } from './words.ts';
import type { World } from './world.ts';

const PROMOTION_MIN = 1;
const SECOND_ORDER_FROM_DAYS = 20;
const LAPSED_DAYS = 90;
const UNHAPPY_DAYS = 14;
const COUPON_SOON_DAYS = 3;
const BIRTHDAY_SOON_DAYS = 3;
/** From this share of the next tier's money on an upgrade is in sight. */
const NEAR_TIER = 0.7;
const DAY_MS = 86_400_000;

export const bitOfChannel = (channel: number): number => 1 << channel;

/** Whether there is an address for the channel, as far as an operator knows. */
const isReachable = ({ people, truth }: World, p: number, channel: number): boolean => {
  switch (truth.channels[channel].needs) {
    case 'friend':
      return people.isFriend[p] === 1;
    case 'group':
      return people.isInGroup[p] === 1;
    case 'openid':
      return (people.aliases[p] & ALIAS.openid) !== 0;
    case 'app':
      return (people.aliases[p] & ALIAS.app) !== 0;
    case 'phone':
      return (people.aliases[p] & ALIAS.phone) !== 0;
    case 'none':
      return true;
  }
};

/** Whether a contact may go out: consent and an address. */
export const mayContact = (world: World, p: number, channel: number): boolean =>
  (world.people.consents[p] & bitOfChannel(channel)) !== 0 && isReachable(world, p, channel);

/** What an operator sees of a person at the beginning of today: bits of the conditions that hold. */
export const conditionsOf = (world: World, p: number): number => {
  const { people, today, setting } = world;
  const nowMs = today.startMs;
  const orders = people.orders[p];
  const daysSince = (nowMs - people.lastOrderMs[p]) / DAY_MS;
  let bits = 0;
  if (orders === 0) bits |= NO_ORDER;
  else {
    bits |= BUYER;
    if (orders === 1) {
      bits |= ONE_ORDER;
      if (daysSince >= SECOND_ORDER_FROM_DAYS && daysSince <= LAPSED_DAYS) bits |= SECOND_ORDER_DUE;
    } else bits |= REPEAT;
    if (daysSince > LAPSED_DAYS) bits |= LAPSED;
    const { tiers } = setting.file.service;
    const next = tiers[people.tier[p]];
    if (next !== undefined && people.spent[p] >= NEAR_TIER * next) bits |= NEAR_TIER_BIT;
  }
  if (people.couponFace[p] > 0) {
    bits |= COUPON_OPEN;
    if (people.couponEndMs[p] - nowMs <= COUPON_SOON_DAYS * DAY_MS) bits |= COUPON_EXPIRING;
  }
  if (people.birthday[p] !== 0 && isSoon(people.birthday[p], today.monthDay)) bits |= BIRTHDAY;
  if (today.promotion > PROMOTION_MIN) bits |= PROMOTION;
  if (isUnhappy(world, p)) bits |= UNHAPPY;
  if (today.isLiveDay) bits |= LIVE_DAY;
  if (people.isFriend[p] === 0) bits |= STRANGER;
  return bits;
};

/** A complaint in the last days, or an open ticket. */
const isUnhappy = ({ people, today }: World, p: number): boolean =>
  people.ticketEndMs[p] > today.startMs ||
  (people.complaintMs[p] > 0 && today.startMs - people.complaintMs[p] <= UNHAPPY_DAYS * DAY_MS);

const NO_ORDER = bitOf('noOrder');
const BUYER = bitOf('buyer');
const ONE_ORDER = bitOf('oneOrder');
const SECOND_ORDER_DUE = bitOf('secondOrderDue');
const REPEAT = bitOf('repeat');
const LAPSED = bitOf('lapsed');
const NEAR_TIER_BIT = bitOf('nearTier');
const COUPON_OPEN = bitOf('couponOpen');
const COUPON_EXPIRING = bitOf('couponExpiring');
const BIRTHDAY = bitOf('birthday');
const PROMOTION = bitOf('promotion');
const UNHAPPY = bitOf('unhappy');
const LIVE_DAY = bitOf('liveDay');
const STRANGER = bitOf('stranger');

const dayInYear = (monthDay: number): number => (monthDay >> 5) * 30.5 + (monthDay & 31);

const isSoon = (birthday: number, today: number): boolean => {
  const apart = dayInYear(birthday) - dayInYear(today);
  return (apart + 366) % 366 <= BIRTHDAY_SOON_DAYS;
};
