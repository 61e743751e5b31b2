import Type from 'typebox';
import { DURATION, durationSec } from '../duration.ts';
import { groupSum } from '../group-reading.ts';
import type { Kind, PlanBuilder } from '../kind.ts';
import { type Form, reading } from '../reading.ts';
import type { RowView } from '../row.ts';
import { float, number, setValue, statements, word } from '../row-code.ts';
import { type Amount, compileField, compileSelector, type Selector } from '../selector.ts';

export const decayPerSec = (halfLife: string): number => Math.LN2 / durationSec(halfLife);

/**
 * Adds (or finds) a sum that halves every half-life: 2 words, the value at the greatest event time and that time.
 * A late event is weighted by its age at that time, so order shows only in the last bits of the float.
 */
export const decayedCell = (key: string, selector: Selector, perSec: number, amount: Amount, plan: PlanBuilder) =>
  plan.cell(key, 2, (offset) => ({
    selector,
    apply(row, facts) {
      const value = amount(facts.values);
      if (!Number.isNaN(value)) addDecayed(row, offset, value, facts.sec, perSec);
    },
    merge(into, from) {
      const sec = from.u32[from.base + offset + 1];
      if (sec !== 0) addDecayed(into, offset, from.f32[from.base + offset], sec, perSec);
    },
  }));

const addDecayed = (row: RowView, offset: number, value: number, sec: number, perSec: number): void => {
  const at = row.base + offset;
  const reference = row.u32[at + 1];
  if (sec >= reference) {
    row.f32[at] = value + (reference === 0 ? 0 : row.f32[at] * Math.exp((reference - sec) * perSec));
    row.u32[at + 1] = sec;
  } else {
    row.f32[at] += value * Math.exp((sec - reference) * perSec);
  }
};

export const readDecayed = (row: RowView, offset: number, sec: number, perSec: number): number => {
  const at = row.base + offset;
  const reference = row.u32[at + 1];
  return reference === 0 ? 0 : row.f32[at] * Math.exp((reference - sec) * perSec);
};

/**
 * Features with one half-life stand together, for what happened in one second has faded alike: `share` is what is left
 * at `sec` of what happened at `told`, with the half-life of the features above.
 */
export const DECAYS: Form<{ readonly offset: number; readonly perSec: number }> = (features) => {
  const groups = [...Map.groupBy(features, ({ perSec }) => perSec)].map(([perSec, alike]) => {
    const code = statements(alike, ({ position, offset }) => {
      const fade = `if(at!==told){told=at;share=at===0?0:Math.exp((at-sec)*${number(perSec)});}`;
      return `at=${word(offset + 1)};${fade}${setValue(position, `${float(offset)}*share`)}`;
    });
    return `{let at=0,told=0,share=0;\n${code}}`;
  });
  return groups.join('\n');
};

/** Count, or sum of a field, in which an event weighs half after each half-life. */
export const decayed: Kind = {
  name: 'decayed',
  schema: Type.Object({
    halfLife: DURATION,
    field: Type.Optional(Type.String()),
    by: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })])),
  }),
  selects: true,
  exact: true,
  compile(spec, plan) {
    const selector = compileSelector(spec, plan.items);
    const perSec = decayPerSec(spec.halfLife as string);
    const amount: Amount = spec.field === undefined ? () => 1 : compileField(spec.field, plan.items);
    const key = `decayed ${spec.field ?? ''} ${spec.halfLife} ${selector.key}`;
    if (spec.by !== undefined) {
      return groupSum(plan.group(spec, { key, selector, decayPerSec: perSec, amount }));
    }
    return reading(DECAYS, { offset: decayedCell(key, selector, perSec, amount, plan), perSec });
  },
};
