import { Type } from 'typebox';
import { made, received } from './definition.ts';
import { channel, disposition, flag, id, optional, seconds, text, time } from './fields.ts';

const contactData = Type.Object({
  channel,
  contactId: optional(id),
  decisionId: optional(id),
  actionId: optional(id),
  campaignId: optional(id),
});

const reservationData = Type.Object({
  contactId: id,
  channel,
  actionId: optional(id),
  campaignId: optional(id),
  sendAt: optional(time),
  expiresAt: optional(time),
  key: optional(text),
  bodyHash: optional(text),
});

const leaseData = Type.Object({
  callId: id,
  campaignId: id,
  agentId: optional(id),
  token: optional(id),
  leaseExpiresAt: optional(time),
});

/** What we send to the customer and what comes back, and calls. */
export const CONTACT_EVENTS = [
  received(40, 'contact.sent', 'A contact went out.', contactData),
  received(41, 'contact.delivered', 'A contact arrived.', contactData),
  received(42, 'contact.opened', 'A contact was opened.', contactData),
  received(43, 'contact.clicked', 'A link of a contact was followed.', contactData),
  received(44, 'contact.replied', 'The customer answered a contact.', contactData),
  received(45, 'contact.bounced', 'A contact could not be delivered.', contactData),
  received(46, 'contact.complained', 'The customer complained about a contact.', contactData),
  made(47, 'contact.reserved', 'A contact was reserved.', reservationData),
  made(48, 'contact.confirmed', 'A reserved contact was confirmed.', reservationData),
  made(49, 'contact.released', 'A reserved contact was given back.', reservationData),
  made(50, 'contact.expired', 'A reserved contact was neither confirmed nor released in time.', reservationData),
  made(60, 'call.leased', 'A call was handed to a dialer.', leaseData),
  made(61, 'call.renewed', 'The lease of a call was made longer.', leaseData),
  made(62, 'call.released', 'A call went back to the queue.', leaseData),
  made(63, 'call.lease_expired', 'The lease of a call ran out.', leaseData),
  received(64, 'call.dialed', 'A call was dialed.', leaseData),
  received(
    65,
    'call.ended',
    'A call came to its end.',
    Type.Object({
      callId: id,
      campaignId: id,
      disposition,
      channel: optional(channel),
      decisionId: optional(id),
      actionId: optional(id),
      talkSeconds: optional(seconds),
      hangupBy: optional(text),
      callbackAt: optional(time),
      optOut: optional(flag),
      intent: optional(text),
    }),
  ),
] as const;
