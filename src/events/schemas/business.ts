import { Type } from 'typebox';
import { made, ofNoCustomer, received } from './definition.ts';
import {
  ATTRIBUTES_MAX,
  channel,
  count,
  days,
  flag,
  hour,
  id,
  names,
  optional,
  property,
  share,
  signed,
  text,
} from './fields.ts';

/** Pairs of action and channel among which one decision chooses: 300 actions over all channels. */
const PAIRS_MAX = 4000;

/** Decisions and what came of them, items, staff and the pack itself. */
export const BUSINESS_EVENTS = [
  received(
    100,
    'outcome.recorded',
    'Something came of a decision.',
    Type.Object({ decisionId: id, kind: id, value: optional(signed) }),
  ),
  made(
    101,
    'decision.made',
    'A decision, with its whole record.',
    Type.Object({
      decisionId: id,
      actionId: optional(id),
      channel: optional(channel),
      probability: optional(share),
      sendHour: optional(hour),
      campaignId: optional(id),
      policy: optional(id),
      feasible: optional(
        Type.Array(Type.Object({ actionId: id, channel: optional(channel), probability: share }), {
          maxItems: PAIRS_MAX,
        }),
      ),
    }),
  ),
  ofNoCustomer(
    received(
      102,
      'item.changed',
      'A fact about an item changed; the subject is the item.',
      Type.Object({
        sku: id,
        category: optional(text),
        attributes: optional(Type.Object({}, { additionalProperties: property, maxProperties: ATTRIBUTES_MAX })),
        supplyDays: optional(days),
        margin: optional(signed),
        signature: optional(flag),
      }),
    ),
  ),
  ofNoCustomer(
    received(
      103,
      'staff.changed',
      'A fact about a member of staff changed; the subject is the staff.',
      Type.Object({ staffId: id, capacityPerDay: optional(count), skills: optional(names) }),
    ),
  ),
  made(104, 'trigger.fired', 'A trigger of the pack fired.', Type.Object({ name: optional(text) })),
  ofNoCustomer(
    made(
      105,
      'pack.changed',
      'A pack was switched live.',
      Type.Object({ name: optional(text), version: optional(text), sha256: optional(text) }),
    ),
  ),
] as const;
