import type { Ask } from './ask.ts';
import type { GroupTablePlan } from './group-table-plan.ts';
import type { AskedKey, GroupPlace } from './kind.ts';
import { type Form, type Reading, reading } from './reading.ts';
import type { RowView } from './row.ts';
import { number, setValue, statements } from './row-code.ts';

interface GroupQuotient {
  readonly place: GroupPlace;
  readonly addend: number;
  /** Cell that {@link divisor} is added to; -1 for none. */
  readonly divisorCell: number;
  readonly divisor: number;
}

/** Features over one table look its key up once. */
const QUOTIENTS: Form<GroupQuotient> = (features, use) => {
  const tables = [...Map.groupBy(features, ({ place }) => place.table)].map(([table, over]) => {
    const [{ place }] = over;
    const sums = use(sumsOf(table, place.key));
    const quotients = statements(over, ({ position, place, addend, divisorCell, divisor }) => {
      const more = divisorCell < 0 ? '' : `sums[${divisorCell}]+`;
      return setValue(position, `(sums[${place.cell}]+${number(addend)})/(${more}${number(divisor)})`);
    });
    return `{const sums=${sums}(row,ask);\n${quotients}}`;
  });
  return tables.join('\n');
};

type ReadSums = (row: RowView, ask: Ask) => Float64Array;

const sumsOf = (table: GroupTablePlan, key: AskedKey): ReadSums => {
  const nothing = new Float64Array(table.cells.length);
  return (row, ask) => {
    key.ofQuestion(row, ask);
    return key.known ? ask.groups.sums(table, key.lo, key.hi, ask.sec) : nothing;
  };
};

/** A group's sum, which is kept in so many steps of a unit. */
export const groupSum = (place: GroupPlace, steps = 1): Reading =>
  reading(QUOTIENTS, { place, addend: 0, divisorCell: -1, divisor: steps });

/** (hits + weight × rate) / (trials + weight) of two sums of a group. */
export const groupRate = (hits: GroupPlace, trials: GroupPlace, prior: { rate: number; weight: number }): Reading =>
  reading(QUOTIENTS, {
    place: hits,
    addend: prior.weight * prior.rate,
    divisorCell: trials.cell,
    divisor: prior.weight,
  });
