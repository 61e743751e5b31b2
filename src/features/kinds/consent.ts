import Type from 'typebox';
import { parseTime } from '../../base/clock.ts';
import { CHANNELS, type Channel, channelCode } from '../../events/channels.ts';
import type { FeatureSpec, Kind, PlanBuilder } from '../kind.ts';
import { type Form, reading } from '../reading.ts';
import type { RowView } from '../row.ts';
import { setValue, statements, word } from '../row-code.ts';
import { compileSelector } from '../selector.ts';

interface ConsentSpec extends FeatureSpec {
  readonly channel: Channel;
}

/** Latest word of a customer on a channel, or on `*`. */
export interface ConsentEntry {
  readonly granted: boolean;
  /** Seconds since the epoch. */
  readonly atSec: number;
  /** Seconds since the epoch; undefined where the grant does not end. */
  readonly expiresSec: number | undefined;
}

/** The second word of an entry: revoked, or when the grant ends. */
const REVOKED = 0;
const ENDLESS = 0xffff_ffff;
const EVERY_CHANNEL = CHANNELS.length;
const WORDS_PER_ENTRY = 2;
const MARKETING = 'marketing';

/**
 * Adds (or finds) the table of consents to marketing: for each channel and for `*` the second and the end, 2 words
 * each. The latest by event time wins; within a second revoked wins, then the earlier end.
 */
export const consentCell = (plan: PlanBuilder): number => {
  const selector = compileSelector({ events: ['consent.granted', 'consent.revoked'] });
  const revokedCode = compileSelector({ event: 'consent.revoked' }).typeCodes[0];
  return plan.cell('consent', (CHANNELS.length + 1) * WORDS_PER_ENTRY, (offset) => {
    const put = (words: Uint32Array, at: number, sec: number, end: number): void => {
      if (sec < words[at] || (sec === words[at] && end >= words[at + 1]) || sec === 0) return;
      words[at] = sec;
      words[at + 1] = end;
    };
    return {
      selector,
      apply(row, facts) {
        const { channel, purpose, expiresAt } = facts.data as Record<string, string | undefined>;
        if (purpose !== undefined && purpose !== MARKETING) return;
        const entry = channel === '*' ? EVERY_CHANNEL : channelCode(channel as string);
        const expires = expiresAt === undefined ? ENDLESS : Math.floor(parseTime(expiresAt) / 1000);
        // Ends such as the year 9999 lie beyond what a word can say.
        const end = facts.typeCode === revokedCode ? REVOKED : Math.min(ENDLESS, Math.max(1, expires));
        put(row.u32, row.base + offset + entry * WORDS_PER_ENTRY, facts.sec, end);
      },
      merge(into, from) {
        for (let at = offset; at < offset + (CHANNELS.length + 1) * WORDS_PER_ENTRY; at += WORDS_PER_ENTRY)
          put(into.u32, into.base + at, from.u32[from.base + at], from.u32[from.base + at + 1]);
      },
    };
  });
};

/** Where the words in force stand: the later of the channel's own and those for `*`, in one second the stricter. */
const inForceAt = ({ u32, base }: RowView, offset: number, code: number): number => {
  const own = base + offset + code * WORDS_PER_ENTRY;
  const every = base + offset + EVERY_CHANNEL * WORDS_PER_ENTRY;
  const ownWins = u32[own] > u32[every] || (u32[own] === u32[every] && u32[own + 1] <= u32[every + 1]);
  return ownWins ? own : every;
};

/** What is in force for a channel. @returns undefined where nothing was ever said */
export const readConsent = (row: RowView, offset: number, channel: Channel): ConsentEntry | undefined => {
  const { u32 } = row;
  const at = inForceAt(row, offset, channelCode(channel));
  if (u32[at] === 0) return undefined;
  const end = u32[at + 1];
  return { granted: end !== REVOKED, atSec: u32[at], expiresSec: end === REVOKED || end === ENDLESS ? undefined : end };
};

const CONSENTS: Form<{ readonly offset: number; readonly code: number }> = (features) =>
  // As in inForceAt. Nothing said and revoked both read as an end long ago.
  statements(features, ({ position, offset, code }) => {
    const own = offset + code * WORDS_PER_ENTRY;
    const every = offset + EVERY_CHANNEL * WORDS_PER_ENTRY;
    const names = { own: word(own), every: word(every), ownEnd: word(own + 1), everyEnd: word(every + 1) };
    return setValue(position, '+((own>every||own===every&&ownEnd<=everyEnd?ownEnd:everyEnd)>sec)', names);
  });

/** 1 where the customer has consented to marketing over the channel and the grant has not ended. */
export const consent: Kind = {
  name: 'consent',
  schema: Type.Object({ channel: Type.Union(CHANNELS.map((channel) => Type.Literal(channel))) }),
  selects: false,
  exact: true,
  compile(spec, plan) {
    const { channel } = spec as ConsentSpec;
    return reading(CONSENTS, { offset: consentCell(plan), code: channelCode(channel) });
  },
};
