import Type from 'typebox';
import { CHANNELS, type Channel, channelCode } from '../../events/channels.ts';
import { DURATION, TIME_UNITS } from '../duration.ts';
import type { EventFacts } from '../facts.ts';
import type { FeatureSpec, Kind, PlanBuilder, Read } from '../kind.ts';
import { compileSelector, type Selector } from '../selector.ts';
import { decayPerSec } from './decayed.ts';
import { RATE_FIELDS } from './rate.ts';

interface ChannelSpec extends FeatureSpec {
  readonly channel: Channel;
  readonly stat: 'sent' | 'responded' | 'rate' | 'since' | 'fatigue';
  readonly prior?: { readonly rate: number; readonly weight: number };
}

const U16_MAX = 0xffff;

const HUMAN_CALL = channelCode('human_call');

/** The schema of ended calls knows no channel: they are placed by people unless they name one of ours. */
const channelOf = (facts: EventFacts): number => {
  const code = channelCode(facts.data.channel as string);
  return code < 0 ? HUMAN_CALL : code;
};

const SENT = { events: ['contact.sent', 'call.ended'] };
const RESPONDED = { events: ['contact.clicked', 'contact.replied', 'message.received'] };

/** Contacts by channel: 16 bits sent and 16 bits responded in a word a channel, both saturating. */
const countsCell = (plan: PlanBuilder): number => {
  const sent = compileSelector(SENT);
  const responded = compileSelector(RESPONDED);
  const selector: Selector = { ...sent, typeCodes: [...sent.typeCodes, ...responded.typeCodes] };
  const isSent = new Set(sent.typeCodes);
  const add = (words: Uint32Array, at: number, sentMore: number, respondedMore: number): void => {
    const low = Math.min(U16_MAX, (words[at] & U16_MAX) + sentMore);
    const high = Math.min(U16_MAX, (words[at] >>> 16) + respondedMore);
    words[at] = low | (high << 16);
  };
  return plan.cell('channel counts', CHANNELS.length, (offset) => ({
    selector,
    apply(row, facts) {
      const at = row.base + offset + channelOf(facts);
      if (isSent.has(facts.typeCode)) add(row.u32, at, 1, 0);
      else add(row.u32, at, 0, 1);
    },
    merge(into, from) {
      for (let channel = 0; channel < CHANNELS.length; channel++) {
        const word = from.u32[from.base + offset + channel];
        add(into.u32, into.base + offset + channel, word & U16_MAX, word >>> 16);
      }
    },
  }));
};

/** Second of the last contact by channel: a word a channel. */
const lastCell = (plan: PlanBuilder): number =>
  plan.cell('channel last', CHANNELS.length, (offset) => ({
    selector: compileSelector(SENT),
    apply(row, facts) {
      const at = row.base + offset + channelOf(facts);
      row.u32[at] = Math.max(row.u32[at], facts.sec);
    },
    merge(into, from) {
      for (let channel = 0; channel < CHANNELS.length; channel++) {
        const at = into.base + offset + channel;
        into.u32[at] = Math.max(into.u32[at], from.u32[from.base + offset + channel]);
      }
    },
  }));

/** Decayed contacts by channel under one reference second: a float a channel and one word more. */
const fatigueCell = (halfLife: string, plan: PlanBuilder): number => {
  const perSec = decayPerSec(halfLife);
  return plan.cell(`channel fatigue ${halfLife}`, CHANNELS.length + 1, (offset) => {
    const reference = offset + CHANNELS.length;
    /** Moves the reference forward to `sec` where it is later. @returns weight of something that happened at `sec` */
    const weightAt = (row: Parameters<Read>[0], sec: number): number => {
      const stored = row.u32[row.base + reference];
      if (sec <= stored) return Math.exp((sec - stored) * perSec);
      const shrink = Math.exp((stored - sec) * perSec);
      for (let channel = 0; channel < CHANNELS.length; channel++) row.f32[row.base + offset + channel] *= shrink;
      row.u32[row.base + reference] = sec;
      return 1;
    };
    return {
      selector: compileSelector(SENT),
      apply(row, facts) {
        const weight = weightAt(row, facts.sec);
        row.f32[row.base + offset + channelOf(facts)] += weight;
      },
      merge(into, from) {
        const sec = from.u32[from.base + reference];
        if (sec === 0) return;
        const weight = weightAt(into, sec);
        for (let channel = 0; channel < CHANNELS.length; channel++)
          into.f32[into.base + offset + channel] += weight * from.f32[from.base + offset + channel];
      },
    };
  });
};

/** How a channel has been used on the customer: contacts sent, responses, their smoothed ratio, time since, fatigue. */
export const channel: Kind = {
  name: 'channel',
  schema: Type.Object({
    channel: Type.Union(CHANNELS.map((name) => Type.Literal(name))),
    stat: Type.Union(['sent', 'responded', 'rate', 'since', 'fatigue'].map((stat) => Type.Literal(stat))),
    prior: Type.Optional(RATE_FIELDS.prior),
    halfLife: Type.Optional(DURATION),
  }),
  selects: false,
  exact: true,
  problem(spec) {
    const { stat, prior, halfLife, unit } = spec as ChannelSpec;
    if (stat === 'rate' && prior === undefined) return '`rate` needs `prior`';
    if (stat === 'fatigue' && halfLife === undefined) return '`fatigue` needs `halfLife`';
    return stat === 'since' && !(unit in TIME_UNITS)
      ? `\`unit\` must be one of ${Object.keys(TIME_UNITS).join(', ')}`
      : undefined;
  },
  compile(spec, plan) {
    const { channel: name, stat, prior } = spec as ChannelSpec;
    const position = CHANNELS.indexOf(name);
    if (stat === 'since') {
      const offset = lastCell(plan) + position;
      const missing = spec.default ?? 0;
      const unitSec = TIME_UNITS[spec.unit];
      return (row, ask) => {
        const sec = row.u32[row.base + offset];
        return sec === 0 ? missing : (ask.sec - sec) / unitSec;
      };
    }
    if (stat === 'fatigue') {
      const table = fatigueCell(spec.halfLife as string, plan);
      const perSec = decayPerSec(spec.halfLife as string);
      const reference = table + CHANNELS.length;
      return (row, ask) => {
        const value = row.f32[row.base + table + position];
        return value === 0 ? 0 : value * Math.exp((row.u32[row.base + reference] - ask.sec) * perSec);
      };
    }
    const offset = countsCell(plan) + position;
    if (stat === 'sent') return (row) => row.u32[row.base + offset] & U16_MAX;
    if (stat === 'responded') return (row) => row.u32[row.base + offset] >>> 16;
    const { rate, weight } = prior as { rate: number; weight: number };
    return (row) => {
      const word = row.u32[row.base + offset];
      return ((word >>> 16) + weight * rate) / ((word & U16_MAX) + weight);
    };
  },
};
