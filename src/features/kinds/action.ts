import Type from 'typebox';
import { textHash } from '../../base/text-hash.ts';
import { TIME_UNITS } from '../duration.ts';
import { fieldCode } from '../items.ts';
import type { FeatureSpec, Kind, PlanBuilder } from '../kind.ts';
import { type Form, reading } from '../reading.ts';
import { number, setValue, statements } from '../row-code.ts';
import { compileSelector, type Selector } from '../selector.ts';
import { RATE_FIELDS } from './rate.ts';

interface ActionSpec extends FeatureSpec {
  readonly action?: string;
  readonly slots: number;
  readonly stat: 'sent' | 'responded' | 'rate' | 'since';
  readonly prior?: { readonly rate: number; readonly weight: number };
}

const ACTION = fieldCode('actionId');
const DAY_SEC = 86_400;
const BYTE_MAX = 0xff;
const U16_MAX = 0xffff;
const SENT = compileSelector({ event: 'contact.sent' });
const RESPONDED = compileSelector({ events: ['contact.clicked', 'contact.replied'] });
const SELECTOR: Selector = { ...SENT, typeCodes: [...SENT.typeCodes, ...RESPONDED.typeCodes] };

/**
 * A word a slot: sent (8 bits) and responded (8 bits), both saturating, and the UTC day of the last contact (16 bits).
 * An action's slot is its hash modulo the slots; actions in one slot count together.
 */
const tableCell = (slots: number, plan: PlanBuilder): number => {
  const add = (u32: Uint32Array, at: number, sent: number, responded: number, day: number): void => {
    const word = u32[at];
    u32[at] =
      Math.min(BYTE_MAX, (word & BYTE_MAX) + sent) |
      (Math.min(BYTE_MAX, ((word >>> 8) & BYTE_MAX) + responded) << 8) |
      (Math.max(word >>> 16, day) << 16);
  };
  return plan.cell(`actions ${slots}`, slots, (offset) => ({
    selector: SELECTOR,
    apply(row, facts) {
      if (facts.values.text(ACTION) === undefined) return;
      const at = row.base + offset + (facts.values.hash(ACTION) % slots);
      const day = Math.min(U16_MAX, Math.floor(facts.sec / DAY_SEC));
      if (facts.typeCode === SENT.typeCodes[0]) add(row.u32, at, 1, 0, day);
      else add(row.u32, at, 0, 1, 0);
    },
    merge(into, from) {
      for (let slot = 0; slot < slots; slot++) {
        const word = from.u32[from.base + offset + slot];
        add(into.u32, into.base + offset + slot, word & BYTE_MAX, (word >>> 8) & BYTE_MAX, word >>> 16);
      }
    },
  }));
};

/**
 * How the customer took an action, named here or by the question: contacts sent, responses, their smoothed ratio, days
 * since the last. Kept in a small table of all actions, a word a slot.
 */
export const action: Kind = {
  name: 'action',
  schema: Type.Object({
    action: Type.Optional(Type.String({ minLength: 1 })),
    slots: Type.Integer({ minimum: 1, maximum: 64 }),
    stat: Type.Union(['sent', 'responded', 'rate', 'since'].map((stat) => Type.Literal(stat))),
    prior: Type.Optional(RATE_FIELDS.prior),
  }),
  selects: false,
  exact: true,
  problem(spec) {
    const { stat, prior, unit } = spec as ActionSpec;
    if (stat === 'rate' && prior === undefined) return '`rate` needs `prior`';
    return stat === 'since' && !(unit in TIME_UNITS)
      ? `\`unit\` must be one of ${Object.keys(TIME_UNITS).join(', ')}`
      : undefined;
  },
  compile(spec, plan) {
    const { action: name, slots, stat, prior = { rate: 0, weight: 1 } } = spec as ActionSpec;
    const offset = tableCell(slots, plan);
    const terms = { name, slots, stat, prior, missing: spec.default ?? 0, unitSec: TIME_UNITS[spec.unit] };
    return reading(RESPONSES, { ...terms, offset });
  },
};

interface Response extends Pick<ActionSpec, 'slots' | 'stat'> {
  readonly offset: number;
  /** Of the action; undefined for the one that the question names. */
  readonly name: string | undefined;
  readonly prior: { readonly rate: number; readonly weight: number };
  readonly missing: number;
  readonly unitSec: number;
}

/** Features about one action look its word up once. */
const RESPONSES: Form<Response> = (features, use) => {
  const alike = ({ offset, name }: Response): string => `${offset} ${name ?? ''}`;
  const words = [...Map.groupBy(features, alike).values()].map((over) => {
    const [{ offset, slots, name }] = over;
    const word = `${use(wordOf(offset, slots, name))}(u,b,ask.keys.action)`;
    const values = statements(over, (feature) => setValue(feature.position, codeOf(feature)));
    return `{const word=${word},sent=word&${BYTE_MAX},responded=(word>>>8)&${BYTE_MAX},day=word>>>16;\n${values}}`;
  });
  return words.join('\n');
};

type ReadWord = (u32: Uint32Array, base: number, asked: string | undefined) => number;

/** Rows are mostly asked about one action after the other: its slot is worked out when the action changes. */
const wordOf = (offset: number, slots: number, name: string | undefined): ReadWord => {
  let known = name;
  let slot = name === undefined ? 0 : textHash(name) % slots;
  return (u32, base, asked) => {
    const wanted = name ?? asked;
    if (wanted === undefined) return 0;
    if (wanted !== known) {
      known = wanted;
      slot = textHash(wanted) % slots;
    }
    return u32[base + offset + slot];
  };
};

const codeOf = ({ stat, prior: { rate, weight }, missing, unitSec }: Response): string => {
  if (stat === 'sent' || stat === 'responded') return stat;
  if (stat === 'rate') return `(responded+${number(weight * rate)})/(sent+${number(weight)})`;
  return `day===0?${number(missing)}:(Math.floor(sec/${DAY_SEC})-day)*${DAY_SEC}/${number(unitSec)}`;
};
