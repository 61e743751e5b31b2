import Type from 'typebox';
import { textHash } from '../../base/text-hash.ts';
import { TIME_UNITS } from '../duration.ts';
import { isLater } from '../facts.ts';
import type { FeatureSpec, Kind, PlanBuilder } from '../kind.ts';
import { type Form, reading } from '../reading.ts';
import { float, number, setValue, statements, word } from '../row-code.ts';
import { compileSelector } from '../selector.ts';
import { AGES } from './moment.ts';

interface AttributeSpec extends FeatureSpec {
  readonly attribute: string;
  readonly is?: string;
  readonly vocabulary?: readonly string[];
  readonly stat?: 'value' | 'since';
}

/** No value. Texts are stored by their hash, so that any text can be a group's key without being kept. */
const UNSET = 0;

const numbers = new Float32Array(1);
const numberBits = new Uint32Array(numbers.buffer);

const FLOAT_MAX = 3.4e38;

/** The bits that stand for a value: a number's float32, bounded, with -0 for 0 ({@link UNSET}); a text's hash. */
const encode = (value: unknown): number => {
  if (typeof value === 'string') return textHash(value);
  if (typeof value !== 'number' && typeof value !== 'boolean') return UNSET;
  numbers[0] = Math.max(-FLOAT_MAX, Math.min(FLOAT_MAX, Number(value)));
  return numberBits[0] === UNSET ? 0x8000_0000 : numberBits[0];
};

/** The lowest bit of the tie tells texts from numbers. */
const TEXT_BIT = 1;

/** Events that carry an attribute in a field of the same name. */
const DIRECT = new Map([
  ['tier', 'member.tier_changed'],
  ['source', 'member.joined'],
]);
const PROFILE = 'profile.updated';
const PROFILE_CODE = compileSelector({ event: PROFILE }).typeCodes[0];

/**
 * Adds (or finds) the latest value of a profile attribute: 3 words (second, tie, value). It is read from
 * `profile.updated`; `member.tier_changed` sets the attribute `tier`, `member.joined` the attribute `source`.
 */
export const attributeCell = (attribute: string, plan: PlanBuilder): number => {
  const direct = DIRECT.get(attribute);
  const selector = compileSelector({ events: direct === undefined ? [PROFILE] : [PROFILE, direct] });
  /** Of two updates that not even the tie tells apart the greater bits win, so that arrival never does. */
  const put = (words: Uint32Array, at: number, sec: number, tie: number, bits: number): void => {
    const isSame = sec === words[at] && tie === words[at + 1];
    if (isSame ? bits <= words[at + 2] : !isLater(sec, tie, words[at], words[at + 1])) return;
    words[at] = sec;
    words[at + 1] = tie;
    words[at + 2] = bits;
  };
  return plan.cell(`attribute ${attribute}`, 3, (offset) => ({
    selector,
    apply(row, facts) {
      const { data } = facts;
      const attributes = (facts.typeCode === PROFILE_CODE ? data.attributes : data) as Record<string, unknown>;
      if (!Object.hasOwn(attributes, attribute)) return;
      const value = attributes[attribute];
      const tie = ((facts.tie & ~TEXT_BIT) | (typeof value === 'string' ? TEXT_BIT : 0)) >>> 0;
      put(row.u32, row.base + offset, facts.sec, tie, encode(value));
    },
    merge(into, from) {
      const at = from.base + offset;
      put(into.u32, into.base + offset, from.u32[at], from.u32[at + 1], from.u32[at + 2]);
    },
  }));
};

interface Value {
  /** Of the attribute's first word. */
  readonly offset: number;
  /** What the feature knows, in the order of its numbers from 1; undefined where it is the number that was told. */
  readonly texts: readonly string[] | undefined;
  readonly missing: number;
}

const VALUES: Form<Value> = (features) =>
  statements(features, ({ position, offset, texts, missing }) => {
    const isOther = `bits===${UNSET}||(${word(offset + 1)}&${TEXT_BIT})===${texts === undefined ? TEXT_BIT : 0}`;
    // Adding 0 makes a 0 of the -0. A text that is named twice has its last place.
    const places = texts?.map((text, i) => `bits===${textHash(text)}?${i + 1}:`).reverse();
    const value = places === undefined ? `${float(offset + 2)}+0` : `${places.join('')}0`;
    return setValue(position, `${isOther}?${number(missing)}:${value}`, { bits: word(offset + 2) });
  });

/**
 * A profile attribute: its number; with `is`, 1 where it has that text; with `vocabulary`, the text's position from 1
 * (0 for a text that is not in it); with `stat: since`, the time since it was last told, changed or not.
 */
export const attribute: Kind = {
  name: 'attribute',
  schema: Type.Object({
    attribute: Type.String({ minLength: 1 }),
    is: Type.Optional(Type.String()),
    vocabulary: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 256 })),
    stat: Type.Optional(Type.Union([Type.Literal('value'), Type.Literal('since')])),
  }),
  selects: false,
  exact: true,
  problem(spec) {
    const { is, vocabulary, stat } = spec as AttributeSpec;
    if (is !== undefined && vocabulary !== undefined) return 'takes `is` or `vocabulary`, not both';
    if (stat !== 'since' || spec.unit in TIME_UNITS) return undefined;
    return `\`unit\` must be one of ${Object.keys(TIME_UNITS).join(', ')}`;
  },
  compile(spec, plan) {
    const { attribute: name, is, vocabulary, stat } = spec as AttributeSpec;
    const offset = attributeCell(name, plan);
    const missing = spec.default ?? 0;
    if (stat === 'since') return reading(AGES, { offset, unitSec: TIME_UNITS[spec.unit], missing });
    return reading(VALUES, { offset, texts: vocabulary ?? (is === undefined ? undefined : [is]), missing });
  },
};
