import Type from 'typebox';
import { TIME_UNITS } from '../duration.ts';
import { isLater } from '../facts.ts';
import type { FeatureSpec, Kind, PlanBuilder } from '../kind.ts';
import { type Form, type Reading, reading } from '../reading.ts';
import type { RowView } from '../row.ts';
import { float, number, setValue, statements, word } from '../row-code.ts';
import { compileField, compileSelector, type Selector } from '../selector.ts';
import { demandedField, untilCell } from './until.ts';

/** Adds (or finds) the second of the first or last event of a selection: 1 word, 0 where none came. */
export const momentCell = (which: 'first' | 'last', selector: Selector, plan: PlanBuilder): number => {
  const field = which === 'last' ? demandedField(selector, plan) : 0;
  // It begins with that second.
  if (field > 0) return untilCell(field, selector, plan);
  return plan.cell(`${which} ${selector.key}`, 1, (offset) => {
    const take = (words: Uint32Array, at: number, sec: number): void => {
      const stored = words[at];
      if (sec !== 0 && (stored === 0 || (which === 'last' ? sec > stored : sec < stored))) words[at] = sec;
    };
    return {
      selector,
      apply: (row, facts) => take(row.u32, row.base + offset, facts.sec),
      merge: (into, from) => take(into.u32, into.base + offset, from.u32[from.base + offset]),
    };
  });
};

/** Value of a field at the first or last event: 3 words (second, tie, value). */
const valueCell = (which: 'first' | 'last', field: string, selector: Selector, plan: PlanBuilder): number => {
  const read = compileField(field, plan.items);
  return plan.cell(`${which} ${field} ${selector.key}`, 3, (offset) => {
    const wins = (row: RowView, at: number, sec: number, tie: number, value: number): boolean => {
      const storedSec = row.u32[at];
      const storedTie = row.u32[at + 1];
      // Of two events that not even the tie tells apart the greater value wins, so that arrival never does.
      if (storedSec === sec && storedTie === tie) return value > row.f32[at + 2];
      if (storedSec === 0) return true;
      return which === 'last' ? isLater(sec, tie, storedSec, storedTie) : isLater(storedSec, storedTie, sec, tie);
    };
    return {
      selector,
      apply(row, facts) {
        const value = read(facts.values);
        const at = row.base + offset;
        if (Number.isNaN(value) || !wins(row, at, facts.sec, facts.tie, value)) return;
        row.u32[at] = facts.sec;
        row.u32[at + 1] = facts.tie;
        row.f32[at + 2] = value;
      },
      merge(into, from) {
        const at = into.base + offset;
        const other = from.base + offset;
        const sec = from.u32[other];
        if (sec === 0 || !wins(into, at, sec, from.u32[other + 1], from.f32[other + 2])) return;
        for (let word = 0; word < 3; word++) into.u32[at + word] = from.u32[other + word];
      },
    };
  });
};

interface Age {
  /** Of the word with the second, 0 where none is known. */
  readonly offset: number;
  readonly unitSec: number;
  readonly missing: number;
}

/** Times since a second that the row tells. */
export const AGES: Form<Age> = (features) =>
  statements(features, ({ position, offset, unitSec, missing }) =>
    setValue(position, `at===0?${number(missing)}:(sec-at)/${number(unitSec)}`, { at: word(offset) }),
  );

interface Told {
  /** Of the word that is 0 where the value was never told. */
  readonly told: number;
  /** Of the value. */
  readonly offset: number;
  readonly missing: number;
}

/** Floats that the row tells; a -0 is read as 0. */
export const TOLD: Form<Told> = (features) =>
  statements(features, ({ position, told, offset, missing }) =>
    setValue(position, `${word(told)}===0?${number(missing)}:${float(offset)}+0`),
  );

const momentKind = (which: 'first' | 'last'): Kind => ({
  name: which,
  schema: Type.Object({ field: Type.Optional(Type.String()) }),
  selects: true,
  exact: true,
  problem(spec) {
    if (spec.field !== undefined || spec.unit in TIME_UNITS) return undefined;
    return `without \`field\` it is a time, so \`unit\` must be one of ${Object.keys(TIME_UNITS).join(', ')}`;
  },
  course: ({ field }) => (field === undefined ? 'rises' : undefined),
  compile(spec: FeatureSpec, plan): Reading {
    const selector = compileSelector(spec, plan.items);
    const missing = spec.default ?? 0;
    if (spec.field !== undefined) {
      const offset = valueCell(which, spec.field, selector, plan);
      return reading(TOLD, { told: offset, offset: offset + 2, missing });
    }
    return reading(AGES, { offset: momentCell(which, selector, plan), unitSec: TIME_UNITS[spec.unit], missing });
  },
});

/** Time since the first event, or a field's value at it. */
export const first = momentKind('first');
/** Time since the last event, or a field's value at it. */
export const last = momentKind('last');
