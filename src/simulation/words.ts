/** The words of the market. Orders are fixed: an index stands in typed arrays and in the keys of draws. */

export const ACTIONS = [
  'second_order_coupon',
  'replenishment_reminder',
  'recall_coupon',
  'tier_upgrade',
  'coupon_expiry_reminder',
  'birthday_gift',
  'promotion_notice',
  'live_invite',
  'referral_invite',
  'care_message',
  'content_share',
  'add_friend',
] as const;
export const HOLD = -1;

/** What a customer is, hidden: has not bought yet, tried once and left, would buy if asked, keeps buying. */
export const KINDS = ['prospect', 'trier', 'sleeper', 'regular'] as const;
export const KIND = { prospect: 0, trier: 1, sleeper: 2, regular: 3 } as const;

/** What an operator can see of a customer at a time: one bit each. */
export const CONDITIONS = [
  'noOrder',
  'buyer',
  'oneOrder',
  'repeat',
  'secondOrderDue',
  'lapsed',
  'couponOpen',
  'couponExpiring',
  'birthday',
  'promotion',
  'nearTier',
  'unhappy',
  'liveDay',
  'stranger',
] as const;
export type Condition = (typeof CONDITIONS)[number];

export const bitOf = (condition: Condition): number => 1 << CONDITIONS.indexOf(condition);

/** Likings between people. */
export const TRAITS = ['live', 'content', 'referring', 'staff'] as const;
export const TRAIT = { live: 0, content: 1, referring: 2, staff: 3 } as const;

export const actionIndex = (actionId: string): number => (ACTIONS as readonly string[]).indexOf(actionId);
