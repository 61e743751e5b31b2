import Type from 'typebox';
import type { FieldValues } from '../../events/field-values.ts';
import { compileHash } from '../items.ts';
import type { FeatureSpec, Kind } from '../kind.ts';
import { type Form, positionsOf, reading } from '../reading.ts';
import type { RowView } from '../row.ts';
import { compileSelector } from '../selector.ts';
import { bitsIn } from './active-days.ts';

interface DistinctSpec extends FeatureSpec {
  readonly field: string;
  readonly bits?: number;
}

const WORD_BITS = 32;
const BITS = 64;
const LINES = 'lines.';

/**
 * About how many different values a field has had: linear counting, -m ln(share of the m bits that no value has set).
 * A bit a value, so merges are exact in what they keep. The standard error is sqrt(m (e^(n/m) - n/m - 1)) / n:
 * of 64 bits 9 % for 20 values and 11 % for 60; a full map reads as if one bit were free.
 */
export const distinct: Kind = {
  name: 'distinct',
  schema: Type.Object({
    field: Type.String(),
    bits: Type.Optional(Type.Union([32, 64, 128, 256, 512, 1024].map((bits) => Type.Literal(bits)))),
  }),
  selects: true,
  exact: true,
  compile(spec, plan) {
    const { field, bits = BITS } = spec as DistinctSpec;
    const selector = compileSelector(spec, plan.items);
    const words = bits / WORD_BITS;
    const isOfLines = field.startsWith(LINES);
    const hashOf = compileHash(isOfLines ? field.slice(LINES.length) : field, plan.items);
    const offset = plan.cell(`distinct ${field} ${bits} ${selector.key}`, words, (at) => {
      const see = (row: RowView, part: FieldValues): void => {
        const hash = hashOf(part);
        if (hash === 0) return;
        const bit = hash % bits;
        row.u32[row.base + at + (bit >>> 5)] |= 1 << (bit & 31);
      };
      return {
        selector,
        apply(row, { values }) {
          if (!isOfLines) see(row, values);
          else for (let i = 0; i < values.lineCount; i++) see(row, values.line(i));
        },
        merge(into, from) {
          for (let word = 0; word < words; word++) into.u32[into.base + at + word] |= from.u32[from.base + at + word];
        },
      };
    });
    return reading(ESTIMATES, { offset, words });
  },
};

const ESTIMATES: Form<{ readonly offset: number; readonly words: number }> = (features) => {
  const positions = positionsOf(features);
  const offsets = Int32Array.from(features, ({ offset }) => offset);
  const lengths = Int32Array.from(features, ({ words }) => words);
  const estimates = features.map(({ words }) => estimatesOf(words * WORD_BITS));
  return ({ u32, base }, { values }) => {
    for (let i = 0; i < positions.length; i++) {
      const first = base + offsets[i];
      let taken = 0;
      for (let at = first; at < first + lengths[i]; at++) taken += bitsIn(u32[at]);
      values[positions[i]] = estimates[i][taken];
    }
  };
};

/** By how many bits are set. */
const estimatesOf = (bits: number): Float64Array =>
  Float64Array.from({ length: bits + 1 }, (_, taken) => bits * Math.log(bits / Math.max(1, bits - taken)));
