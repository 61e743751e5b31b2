import { cloudEvent } from '../support/cloud-event.ts';

type Data = (number: number) => Record<string, unknown>;

const CHANNELS = ['wecom', 'sms', 'human_call', 'ai_call'];
const channelOf = (number: number): string => CHANNELS[(number >> 3) % CHANNELS.length];

/** What moves every sort of state: sums, windows, decays, hours, channels, consents, attributes, groups. */
const KINDS: readonly (readonly [type: string, data: Data])[] = [
  ['order.placed', (n) => ({ orderId: `o${n}`, amount: (n % 977) / 100, discount: (n % 13) / 10 })],
  ['order.refunded', (n) => ({ orderId: `o${n}`, amount: (n % 101) / 100 })],
  ['product.viewed', (n) => ({ sku: `k${n % 7}`, dwellSeconds: n % 60 })],
  ['coupon.issued', (n) => ({ couponId: `p${n}` })],
  ['coupon.redeemed', (n) => ({ couponId: `p${n}` })],
  ['contact.sent', (n) => ({ contactId: `t${n}`, channel: channelOf(n), campaignId: `c${n % 3}` })],
  ['contact.clicked', (n) => ({ contactId: `t${n}`, channel: channelOf(n) })],
  ['consent.granted', (n) => ({ channel: channelOf(n) })],
  ['consent.revoked', (n) => ({ channel: channelOf(n) })],
  ['profile.updated', (n) => ({ attributes: { source: n % 2 === 0 ? 'live' : 'shop', gender: 'female' } })],
];

const CUSTOMERS = 60;
const FIRST_MS = Date.UTC(2026, 0, 1);
const STEP_MS = 7 * 3600 * 1000;
const STEPS = 700;

/** Event of a number: late as often as not, and each eleventh is one that was sent before. */
export const mixedEvent = (number: number): Record<string, unknown> => {
  const n = number % 11 === 10 ? number - 10 : number;
  const [type, data] = KINDS[n % KINDS.length];
  return cloudEvent({
    type,
    id: `mixed-${n}`,
    subject: `m${(n * 17) % CUSTOMERS}`,
    time: new Date(FIRST_MS + ((n * 389) % STEPS) * STEP_MS).toISOString(),
    data: data(n),
  });
};

export const mixedEvents = (from: number, to: number): Record<string, unknown>[] =>
  Array.from({ length: to - from }, (_, i) => mixedEvent(from + i));
