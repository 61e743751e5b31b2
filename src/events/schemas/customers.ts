import { Type } from 'typebox';
import { profileProblem } from '../contact-details.ts';
import { made, received } from './definition.ts';
import {
  ATTRIBUTES_MAX,
  attribute,
  attributeNumber,
  attributeText,
  channelOrAll,
  flag,
  id,
  names,
  optional,
  text,
  time,
} from './fields.ts';

const consentData = Type.Object({
  channel: channelOrAll,
  purpose: optional(text),
  proof: optional(text),
  expiresAt: optional(time),
});

const identityData = Type.Object({ alias: id });

const attributes = Type.Object(
  {
    timezone: optional(attributeText),
    region: optional(attributeText),
    birthday: optional(attributeText),
    gender: optional(attributeText),
    storeDistanceKm: optional(attributeNumber),
    tags: optional(names),
  },
  { additionalProperties: attribute, propertyNames: { format: 'id' }, maxProperties: ATTRIBUTES_MAX },
);

/** Who the customer is, what they allow and how they feel. */
export const CUSTOMER_EVENTS = [
  received(80, 'ticket.opened', 'A ticket was opened.', Type.Object({ ticketId: id, topic: optional(text) })),
  received(
    81,
    'ticket.closed',
    'A ticket was closed.',
    Type.Object({
      ticketId: id,
      topic: optional(text),
      csat: optional(Type.Number({ minimum: 0, maximum: 100, description: 'satisfaction, on the scale of the desk' })),
    }),
  ),
  received(
    82,
    'feedback.given',
    'The customer said how they feel.',
    Type.Object({
      sentiment: Type.Number({ minimum: -1, maximum: 1 }),
      topic: optional(text),
      complaint: optional(flag),
    }),
  ),
  received(83, 'identity.linked', 'Another id turned out to be the same customer.', identityData),
  received(84, 'identity.unlinked', 'Another id is no longer the same customer.', identityData),
  received(85, 'consent.granted', 'The customer allows a channel, or all with `*`.', consentData),
  received(86, 'consent.revoked', 'The customer forbids a channel, or all with `*`.', consentData),
  received(
    87,
    'profile.updated',
    'What is known about the customer changed; null unsets an attribute. Never a phone number or e-mail address.',
    Type.Object({ attributes, tagsAdded: optional(names), tagsRemoved: optional(names) }),
    profileProblem,
  ),
  received(
    88,
    'list.changed',
    'The customer was put on a list or taken off it.',
    Type.Object({ list: id, member: flag, until: optional(time) }),
  ),
  made(89, 'customer.erased', 'The customer was erased on request.', Type.Object({})),
] as const;
