import { Type } from 'typebox';
import { received } from './definition.ts';
import { cause, channel, count, id, money, optional, seconds, signed, text } from './fields.ts';

const groupData = Type.Object({ groupId: id });
const friendData = Type.Object({ staffId: optional(id), source: optional(text) });

/** What the customer looks at, joins and says. */
export const BEHAVIOUR_EVENTS = [
  received(
    20,
    'product.viewed',
    'A product page was looked at.',
    Type.Object({ sku: id, category: optional(text), dwellSeconds: optional(seconds) }),
  ),
  received(
    21,
    'cart.added',
    'A product was put into the cart.',
    Type.Object({ sku: id, quantity: optional(count), price: optional(money) }),
  ),
  received(22, 'search.performed', 'The customer searched.', Type.Object({ query: optional(text) })),
  received(
    23,
    'content.opened',
    'Tracked material was opened.',
    Type.Object({ contentId: id, topic: optional(text), ...cause }),
  ),
  received(
    24,
    'content.dwelled',
    'Tracked material was read for a while.',
    Type.Object({ contentId: id, seconds, topic: optional(text), ...cause }),
  ),
  received(
    25,
    'content.shared',
    'Tracked material was passed on.',
    Type.Object({ contentId: id, topic: optional(text), ...cause }),
  ),
  received(26, 'live.joined', 'The customer came to a live session.', Type.Object({ sessionId: id, ...cause })),
  received(27, 'live.left', 'The customer left a live session.', Type.Object({ sessionId: id, seconds, ...cause })),
  received(28, 'friend.added', 'A WeCom contact was made.', friendData),
  received(29, 'friend.removed', 'A WeCom contact was ended.', friendData),
  received(30, 'group.joined', 'The customer joined a group.', groupData),
  received(31, 'group.left', 'The customer left a group.', groupData),
  received(32, 'message.received', 'The customer wrote to us.', Type.Object({ channel, ...cause })),
  received(
    33,
    'activity.recorded',
    'Something of a kind that the pack declares, such as class.booked or game.played.',
    Type.Object({ kind: id, value: optional(signed), item: optional(text) }),
  ),
] as const;
