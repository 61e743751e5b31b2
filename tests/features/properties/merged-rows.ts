import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Ask } from '../../../src/features/ask.ts';
import { compileReadings } from '../../../src/features/reading.ts';
import { RowView } from '../../../src/features/row.ts';
import { type SlowEvent, withoutDuplicates } from '../../oracles/slow-event.ts';
import { FeatureState, packOf } from '../../support/feature-state.ts';
import type { HistoryProperty } from '../../support/history-property.ts';
import { END_SEC, history } from '../histories.ts';
import { assertSameValues } from '../same-values.ts';

const { plan } = packOf('tests/support/packs/every-kind');
/** Groups belong to nobody: merging two customers does not change them. */
const specs = plan.features.map((feature) => feature.spec).filter((spec) => spec.by === undefined);

/** Cells that add floats: only they may show in their last bits in which order events came. */
const FLOAT_CELLS = /^(decayed|decayed hours|channel fatigue) /;

const rowOf = (events: readonly SlowEvent[]): RowView => {
  const state = new FeatureState(plan, 1);
  const row = RowView.ofWords(plan.rowWords);
  for (const event of events) state.apply({ ...event, customer: 'one' });
  if (events.length > 0) row.u32.set(state.row('one'));
  return row;
};

const merged = (into: readonly SlowEvent[], from: readonly SlowEvent[]): RowView => {
  const row = rowOf(into);
  const other = rowOf(from);
  for (const { cell } of plan.cells) cell.merge(row, other);
  return row;
};

const valuesOf = (row: RowView): Map<string, number> => {
  const values = new Float64Array(plan.features.length);
  const ask: Ask = { sec: END_SEC, values, keys: {}, groups: { sums: () => new Float64Array(8) }, touched: 0 };
  const readAll = compileReadings(
    plan.features.map((feature, position) => ({ position, ...feature })),
    plan.rowWords,
  );
  readAll(row, ask);
  return new Map(plan.features.map(({ spec }, i) => [spec.name, values[i]]));
};

const exactWordsOf = (row: RowView): Map<string, number[]> =>
  new Map(
    plan.cells
      .filter(({ key }) => !FLOAT_CELLS.test(key))
      .map(({ key, offset, words }) => [key, [...row.u32.subarray(offset, offset + words)]]),
  );

/** One person's events, told about two customers until they turned out to be one. */
const split = history({ customers: 1, eventsMax: 80 })
  .map(withoutDuplicates)
  .chain((events) => fc.tuple(fc.constant(events), fc.subarray(events)));

const sameAsOne = fc.property(split, ([all, part]) => {
  const rest = all.filter((event) => !part.includes(event));
  const whole = rowOf(all);
  for (const row of [merged(part, rest), merged(rest, part)]) {
    assert.deepEqual(exactWordsOf(row), exactWordsOf(whole));
    assertSameValues(specs, valuesOf(row), valuesOf(whole));
  }
});

export const MERGED_ROWS: readonly HistoryProperty[] = [
  { name: 'two rows merged are the row of all their events, either way round', runs: 200, property: sameAsOne },
];
