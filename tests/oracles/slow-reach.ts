import { CHANNELS } from '../../src/events/channels.ts';
import { type Question, unitSec, type WrittenSpec, weightAfter } from './question.ts';
import { inTime, type SlowEvent, secOf, select } from './slow-event.ts';

/** A call that names no channel of ours was placed by a person. */
const channelOf = ({ type, data }: SlowEvent): unknown =>
  type === 'call.ended' && !(CHANNELS as readonly unknown[]).includes(data.channel) ? 'human_call' : data.channel;

export const channelStat = (spec: WrittenSpec, { sec }: Question, own: readonly SlowEvent[]): number => {
  const here = own.filter((event) => channelOf(event) === spec.channel);
  const sent = inTime(select(here, { events: ['contact.sent', 'call.ended'] }));
  const responded = select(here, { events: ['contact.clicked', 'contact.replied', 'message.received'] });
  switch (spec.stat) {
    case 'sent':
      return sent.length;
    case 'responded':
      return responded.length;
    case 'rate':
      return (responded.length + spec.prior.weight * spec.prior.rate) / (sent.length + spec.prior.weight);
    case 'since':
      return sent.length === 0 ? (spec.default ?? 0) : (sec - secOf(sent.at(-1)!)) / unitSec(spec);
    default:
      return sent.reduce((sum, event) => sum + weightAfter(sec - secOf(event), spec.halfLife), 0);
  }
};

/** 1 where the latest word on the channel, or on all channels, is a grant that has not ended. Doubt means no. */
export const consentGiven = (spec: WrittenSpec, { sec }: Question, own: readonly SlowEvent[]): number => {
  const words = select(own, { events: ['consent.granted', 'consent.revoked'] })
    .filter(({ data }) => data.purpose === undefined || data.purpose === 'marketing')
    .filter(({ data }) => data.channel === spec.channel || data.channel === '*')
    .map((event) => ({
      at: secOf(event),
      endsAt:
        event.type === 'consent.revoked'
          ? 0
          : event.data.expiresAt === undefined
            ? Number.POSITIVE_INFINITY
            : Math.floor(Date.parse(event.data.expiresAt as string) / 1000),
    }));
  const latest = Math.max(...words.map(({ at }) => at));
  // Of words that came in one second the most restrictive holds.
  const endsAt = Math.min(...words.filter(({ at }) => at === latest).map((word) => word.endsAt));
  return Number(words.length > 0 && endsAt > sec);
};

export const derivedValue = (
  spec: WrittenSpec,
  _question: Question,
  _own: readonly SlowEvent[],
  values: Map<string, number>,
): number => {
  const of = (spec.of as unknown as (string | number)[]).map((one) =>
    typeof one === 'number' ? one : values.get(one)!,
  );
  const missing = spec.default ?? 0;
  switch (spec.op) {
    case 'ratio':
      return of[1] === 0 ? missing : of[0] / of[1];
    case 'difference':
      return of[0] - of[1];
    case 'log1p':
      return Math.log1p(Math.max(0, of[0]));
    case 'clamp':
      return Math.min(of[2], Math.max(of[1], of[0]));
    case 'atLeast':
      return of[0] >= of[1] ? 1 : 0;
    case 'sum':
      return of.reduce((a, b) => a + b, 0);
    case 'product':
      return of.reduce((a, b) => a * b, 1);
    case 'min':
      return Math.min(...of);
    default:
      return Math.max(...of);
  }
};
