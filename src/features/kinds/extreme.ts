import Type from 'typebox';
import type { Kind } from '../kind.ts';
import { reading } from '../reading.ts';
import { compileField, compileSelector } from '../selector.ts';
import { TOLD } from './moment.ts';

/** A float's bits are never 0 here: the value 0 is kept as -0, so that 0 means that no event came. */
const NEGATIVE_ZERO = 0x8000_0000;

const extremeKind = (which: 'min' | 'max'): Kind => ({
  name: which,
  schema: Type.Object({ field: Type.String() }),
  selects: true,
  exact: true,
  compile(spec, plan) {
    const selector = compileSelector(spec, plan.items);
    const field = compileField(spec.field as string, plan.items);
    const offset = plan.cell(`${which} ${spec.field} ${selector.key}`, 1, (at) => {
      const take = (u32: Uint32Array, f32: Float32Array, word: number, value: number): void => {
        if (u32[word] !== 0 && (which === 'max' ? value <= f32[word] : value >= f32[word])) return;
        f32[word] = value;
        if (u32[word] === 0) u32[word] = NEGATIVE_ZERO;
      };
      return {
        selector,
        apply(row, facts) {
          const value = field(facts.values);
          if (!Number.isNaN(value)) take(row.u32, row.f32, row.base + at, value);
        },
        merge(into, from) {
          if (from.u32[from.base + at] !== 0) take(into.u32, into.f32, into.base + at, from.f32[from.base + at]);
        },
      };
    });
    return reading(TOLD, { told: offset, offset, missing: spec.default ?? 0 });
  },
});

/** Smallest value of a field: 1 word. */
export const min = extremeKind('min');
/** Greatest value of a field: 1 word. */
export const max = extremeKind('max');
