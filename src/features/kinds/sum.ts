import Type from 'typebox';
import { groupSum } from '../group-reading.ts';
import type { FeatureSpec, Kind, PlanBuilder } from '../kind.ts';
import { type Form, reading } from '../reading.ts';
import { addInt64, readInt64 } from '../row.ts';
import { int64, number, setValue, statements } from '../row-code.ts';
import { type Amount, compileField, compileSelector, type Selector } from '../selector.ts';

/** Steps of a unit in which sums are kept: integers add up the same in any order, floats do not. */
const STEPS_PER_UNIT = 1000;

/** Money is summed in minor units, everything else in thousandths. */
export const sumSteps = (spec: FeatureSpec, plan: PlanBuilder): number =>
  spec.unit === 'money' ? 10 ** plan.minorDigits : STEPS_PER_UNIT;

/** Adds (or finds) the sum of a field in steps: 2 words, a signed 64-bit integer. */
export const sumCell = (path: string, selector: Selector, steps: number, plan: PlanBuilder): number => {
  const field = compileField(path, plan.items);
  return plan.cell(`sum ${path} ${selector.key} ${steps}`, 2, (at) => ({
    selector,
    apply(row, facts) {
      const amount = field(facts.values);
      if (!Number.isNaN(amount)) addInt64(row.u32, row.base + at, Math.round(amount * steps));
    },
    merge(into, from) {
      addInt64(into.u32, into.base + at, readInt64(from.u32, from.base + at));
    },
  }));
};

const SUMS: Form<{ readonly offset: number; readonly steps: number }> = (features) =>
  statements(features, ({ position, offset, steps }) => setValue(position, `${int64(offset)}/${number(steps)}`));

/** Sum of a field: 2 words, a signed 64-bit integer, exact up to 2^53 steps. */
export const sum: Kind = {
  name: 'sum',
  schema: Type.Object({
    field: Type.String(),
    by: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })])),
  }),
  selects: true,
  exact: true,
  compile(spec, plan) {
    const selector = compileSelector(spec, plan.items);
    const steps = sumSteps(spec, plan);
    if (spec.by !== undefined) {
      const field = compileField(spec.field as string, plan.items);
      const key = `sum ${spec.field} ${selector.key} ${steps}`;
      const amount: Amount = (event) => Math.round(field(event) * steps);
      return groupSum(plan.group(spec, { key, selector, decayPerSec: 0, amount }), steps);
    }
    return reading(SUMS, { offset: sumCell(spec.field as string, selector, steps, plan), steps });
  },
};
