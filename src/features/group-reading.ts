import type { GroupPlace } from './kind.ts';
import { type Form, positionsOf, type Reading, reading } from './reading.ts';

interface GroupQuotient {
  readonly place: GroupPlace;
  readonly addend: number;
  /** Cell that {@link divisor} is added to; -1 for none. */
  readonly divisorCell: number;
  readonly divisor: number;
}

/** Features over one table look its key up once. */
const QUOTIENTS: Form<GroupQuotient> = (features) => {
  const tables = [...Map.groupBy(features, ({ place }) => place.table)].map(([table, over]) => ({
    table,
    key: over[0].place.key,
    nothing: new Float64Array(table.cells.length),
    positions: positionsOf(over),
    over,
  }));
  return (row, ask) => {
    for (const { table, key, nothing, positions, over } of tables) {
      key.ofQuestion(row, ask);
      const sums = key.known ? ask.groups.sums(table, key.lo, key.hi, ask.sec) : nothing;
      for (let i = 0; i < positions.length; i++) {
        const { place, addend, divisorCell, divisor } = over[i];
        const more = divisorCell < 0 ? 0 : sums[divisorCell];
        ask.values[positions[i]] = (sums[place.cell] + addend) / (more + divisor);
      }
    }
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
