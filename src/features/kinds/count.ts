import Type from 'typebox';
import { groupSum } from '../group-reading.ts';
import type { Kind, PlanBuilder } from '../kind.ts';
import { type Form, reading } from '../reading.ts';
import { setValue, statements, word } from '../row-code.ts';
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

export const bitsCode = ({ offset, shift, mask }: Bits): string => {
  const shifted = shift === 0 ? word(offset) : `(${word(offset)}>>>${shift})`;
  return mask === U32_MAX >>> shift ? shifted : `(${shifted}&${mask})>>>0`;
};

/** Unsigned numbers as they stand in the row. */
export const BITS: Form<Bits> = (features) =>
  statements(features, (feature) => setValue(feature.position, bitsCode(feature)));

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
