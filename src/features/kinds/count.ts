import Type from 'typebox';
import { groupSum } from '../group-reading.ts';
import type { Kind, PlanBuilder } from '../kind.ts';
import { type Form, positionsOf, reading } from '../reading.ts';
import { compileSelector, type Selector } from '../selector.ts';

const U32_MAX = 0xffff_ffff;

/** Adds (or finds) the counter of a selection: 1 word. Shared by `gap`, which needs n. */
export const countCell = (selector: Selector, plan: PlanBuilder): number =>
  plan.cell(`count ${selector.key}`, 1, (offset) => ({
    selector,
    apply(row) {
      const at = row.base + offset;
      if (row.u32[at] < U32_MAX) row.u32[at]++;
    },
    merge(into, from) {
      const at = into.base + offset;
      into.u32[at] = Math.min(U32_MAX, into.u32[at] + from.u32[from.base + offset]);
    },
  }));

/** Where an unsigned number stands: some bits of a word. */
export interface Bits {
  readonly offset: number;
  readonly shift: number;
  /** Of the bits that are left after the shift. */
  readonly mask: number;
}

export const wholeWord = (offset: number): Bits => ({ offset, shift: 0, mask: U32_MAX });

/** Unsigned numbers as they stand in the row. */
export const BITS: Form<Bits> = (features) => {
  const positions = positionsOf(features);
  const offsets = Int32Array.from(features, ({ offset }) => offset);
  const shifts = Int32Array.from(features, ({ shift }) => shift);
  const masks = Int32Array.from(features, ({ mask }) => mask);
  return ({ u32, base }, { values }) => {
    for (let i = 0; i < positions.length; i++)
      values[positions[i]] = ((u32[base + offsets[i]] >>> shifts[i]) & masks[i]) >>> 0;
  };
};

/** How many events ever came. */
export const count: Kind = {
  name: 'count',
  schema: Type.Object({ by: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })])) }),
  selects: true,
  exact: true,
  compile(spec, plan) {
    const selector = compileSelector(spec, plan.items);
    if (spec.by !== undefined) {
      const cell = { key: `count ${selector.key}`, selector, decayPerSec: 0, amount: () => 1 };
      return groupSum(plan.group(spec, cell));
    }
    return reading(BITS, wholeWord(countCell(selector, plan)));
  },
};
