import Type from 'typebox';
import { CHANNELS, type Channel, channelCode } from '../../events/channels.ts';
import { DURATION, TIME_UNITS } from '../duration.ts';
import type { FeatureSpec, Kind, PlanBuilder } from '../kind.ts';
import { reading } from '../reading.ts';
import { compileSelector, type Selector } from '../selector.ts';
import { BITS } from './count.ts';
import { DECAYS, decayedCell, decayPerSec } from './decayed.ts';
import { AGES, momentCell } from './moment.ts';
import { RATE_FIELDS, RATIOS } from './rate.ts';

interface ChannelSpec extends FeatureSpec {
  readonly channel: Channel;
  readonly stat: 'sent' | 'responded' | 'rate' | 'since' | 'fatigue';
  readonly prior?: { readonly rate: number; readonly weight: number };
}

const U16_MAX = 0xffff;

const SENT = compileSelector({ events: ['contact.sent', 'call.ended'] });
const RESPONDED = compileSelector({ events: ['contact.clicked', 'contact.replied', 'message.received'] });
const isSent = new Set(SENT.typeCodes);

/** A selection narrowed to a channel. */
const onChannel = (name: Channel, selector: Selector): Selector => {
  const code = channelCode(name);
  return { ...selector, key: `${name} ${selector.key}`, matches: ({ channel }) => channel === code };
};

/** Contacts over a channel: 16 bits sent and 16 bits responded in a word, both saturating. */
const countsCell = (name: Channel, plan: PlanBuilder): number => {
  const add = (words: Uint32Array, at: number, sentMore: number, respondedMore: number): void => {
    const low = Math.min(U16_MAX, (words[at] & U16_MAX) + sentMore);
    const high = Math.min(U16_MAX, (words[at] >>> 16) + respondedMore);
    words[at] = low | (high << 16);
  };
  const both: Selector = { ...SENT, typeCodes: [...SENT.typeCodes, ...RESPONDED.typeCodes] };
  return plan.cell(`channel counts ${name}`, 1, (offset) => ({
    selector: onChannel(name, both),
    apply(row, facts) {
      if (isSent.has(facts.typeCode)) add(row.u32, row.base + offset, 1, 0);
      else add(row.u32, row.base + offset, 0, 1);
    },
    merge(into, from) {
      const word = from.u32[from.base + offset];
      add(into.u32, into.base + offset, word & U16_MAX, word >>> 16);
    },
  }));
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
  course: (spec) => ((spec as ChannelSpec).stat === 'since' ? 'rises' : undefined),
  compile(spec, plan) {
    const { channel: name, stat, prior } = spec as ChannelSpec;
    const sent = onChannel(name, SENT);
    if (stat === 'since') {
      const offset = momentCell('last', sent, plan);
      return reading(AGES, { offset, unitSec: TIME_UNITS[spec.unit], missing: spec.default ?? 0 });
    }
    if (stat === 'fatigue') {
      const perSec = decayPerSec(spec.halfLife as string);
      const key = `channel fatigue ${spec.halfLife} ${sent.key}`;
      return reading(DECAYS, { offset: decayedCell(key, sent, perSec, () => 1, plan), perSec });
    }
    const offset = countsCell(name, plan);
    const low = { offset, shift: 0, mask: U16_MAX };
    const high = { offset, shift: 16, mask: U16_MAX };
    if (stat === 'sent') return reading(BITS, low);
    if (stat === 'responded') return reading(BITS, high);
    return reading(RATIOS, { hits: high, trials: low, prior: prior as { rate: number; weight: number } });
  },
};
