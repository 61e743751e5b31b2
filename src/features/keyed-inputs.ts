import Type from 'typebox';
import type { FieldValues } from '../events/field-values.ts';
import { compileHash, fieldCode, type ItemLookup, itemOf } from './items.ts';
import type { FeatureSpec, PlanBuilder } from './kind.ts';
import { NewestInputs } from './newest-inputs.ts';
import type { RowView } from './row.ts';
import { compileSelector, fieldProblem } from './selector.ts';

/** A feature over the newest inputs of a selection, told apart by a key. */
export interface KeyedSpec extends FeatureSpec {
  readonly key: string;
  readonly last: number;
  readonly only?: string;
}

/** Fields that features over keyed inputs have in common. */
export const KEYED_FIELDS = {
  key: Type.String({ minLength: 1 }),
  last: Type.Integer({ minimum: 2, maximum: 32 }),
  only: Type.Optional(Type.String({ minLength: 1 })),
};

const SUPPLY = fieldCode('supplyDays');
const QUANTITY = fieldCode('quantity');
const DAY_SEC = 86_400;
const U32_MAX = 0xffff_ffff;

export const inputsKey = (spec: FeatureSpec): string => `newest ${spec.key} ${compileSelector(spec).key}`;
/** Demanded where the inputs are kept with what they supply. */
export const supplyKey = (spec: FeatureSpec): string => `supply ${inputsKey(spec)}`;

export const keyProblem = (spec: FeatureSpec): string | undefined => fieldProblem(spec, spec.key as string, true, true);

/** Seconds that an order line lasts: its own word, else its item's for each of it, else 0 for unknown. */
const supplySec = (line: FieldValues, items: ItemLookup): number => {
  let days = line.number(SUPPLY);
  if (Number.isNaN(days)) {
    const ofItem = itemOf(line, items)?.supplyDays;
    const quantity = line.number(QUANTITY);
    days = typeof ofItem === 'number' ? ofItem * (Number.isNaN(quantity) ? 1 : quantity) : 0;
  }
  return Math.min(U32_MAX, Math.round(days * DAY_SEC));
};

/** Reads the key of an event or order line as a hash, 0 where there is none. An item's category stands in for a line's. */
const compileKey = (field: string, items: ItemLookup): ((part: FieldValues) => number) => {
  const of = compileHash(field, items);
  if (field !== 'category') return of;
  const ofItem = compileHash('item.category', items);
  return (part) => of(part) || ofItem(part);
};

/**
 * Adds (or finds) the newest inputs: each event, or each line of an order, as its time and the hash of its key, where
 * any feature needs it with the supply of the line. 2 or 3 words an input.
 */
export const keyedInputs = (spec: FeatureSpec, plan: PlanBuilder): NewestInputs => {
  const demand = plan.demanded(supplyKey(spec));
  const size = Math.max(demand, plan.demanded(inputsKey(spec)));
  const width = demand > 0 ? 3 : 2;
  const { items } = plan;
  const keyOf = compileKey(spec.key as string, items);
  const offset = plan.cell(inputsKey(spec), size * width, (at) => {
    const inputs = new NewestInputs(at, size, width);
    const addPart = (row: RowView, sec: number, part: FieldValues): void => {
      const key = keyOf(part);
      if (key !== 0) inputs.add(row, sec, key, width === 3 ? supplySec(part, items) : 0);
    };
    return {
      selector: compileSelector(spec, items),
      apply(row, facts) {
        const { values, sec } = facts;
        if (values.lineCount < 0) addPart(row, sec, values);
        else for (let i = 0; i < values.lineCount; i++) addPart(row, sec, values.line(i));
      },
      merge: (into, from) => inputs.merge(into, from),
    };
  });
  return new NewestInputs(offset, size, width);
};
