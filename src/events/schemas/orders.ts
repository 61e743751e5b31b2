import { Type } from 'typebox';
import { LIMITS } from '../../base/limits.ts';
import { received } from './definition.ts';
import { cause, count, days, id, money, optional, text, time } from './fields.ts';

const line = Type.Object({
  sku: id,
  quantity: count,
  price: optional(money),
  category: optional(text),
  supplyDays: optional(days),
});

/** Money: orders, coupons, the wallet and what follows from membership. */
export const ORDER_EVENTS = [
  received(
    1,
    'order.placed',
    'The customer has paid for an order.',
    Type.Object({
      orderId: id,
      amount: Type.Number({ ...money, description: 'paid, after discount' }),
      discount: optional(money),
      couponId: optional(id),
      storeId: optional(id),
      surface: optional(text),
      lines: optional(Type.Array(line, { maxItems: LIMITS.linesPerOrderMax })),
      ...cause,
    }),
  ),
  received(
    2,
    'order.refunded',
    'Money of an order was given back; the amount is positive.',
    Type.Object({ orderId: id, amount: money }),
  ),
  received(
    3,
    'coupon.issued',
    'The customer was given a coupon.',
    Type.Object({ couponId: id, faceValue: optional(money), expiresAt: optional(time) }),
  ),
  received(4, 'coupon.redeemed', 'A coupon was used.', Type.Object({ couponId: id, orderId: optional(id) })),
  received(5, 'coupon.expired', 'A coupon ran out unused.', Type.Object({ couponId: id })),
  received(6, 'wallet.toppedup', 'The customer put money into the wallet.', Type.Object({ amount: money })),
  received(7, 'member.joined', 'The customer became a member.', Type.Object({ source: optional(text) })),
  received(8, 'member.tier_changed', 'The membership tier changed.', Type.Object({ tier: id })),
  received(
    9,
    'referral.converted',
    'Somebody the customer referred has bought.',
    Type.Object({ value: optional(money) }),
  ),
] as const;
