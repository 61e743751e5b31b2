import Type from 'typebox';
import type { Kind, PlanBuilder } from '../kind.ts';
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

/** How many events ever came. */
export const count: Kind = {
  name: 'count',
  schema: Type.Object({ by: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })])) }),
  selects: true,
  exact: true,
  compile(spec, plan) {
    const selector = compileSelector(spec, plan.items);
    if (spec.by !== undefined) {
      const group = plan.group(spec, { key: `count ${selector.key}`, selector, decayPerSec: 0, amount: () => 1 });
      return (row, ask) => group.sum(row, ask);
    }
    const offset = countCell(selector, plan);
    return (row) => row.u32[row.base + offset];
  },
};
