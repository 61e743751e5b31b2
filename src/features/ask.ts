import type { GroupTablePlan } from './group-table-plan.ts';

/** What a question about a row knows besides the row. One object a thread, reused. */
export interface Ask {
  /** The time asked for, seconds since the epoch. */
  sec: number;
  /** Values by position, as they are read; derived features are made from those of others. */
  values: Float64Array;
  /** Campaign, channel, action … of the question: keys of group features. */
  keys: Readonly<Record<string, string | undefined>>;
  groups: GroupSums;
  /** Means nothing: words that were read so that the next reads find them near. */
  touched: number;
}

/** The parts of all shards of a group, added up. */
export interface GroupSums {
  /** @returns for each cell the sum over the shards of its value at `sec`, 0 where no event came; good until the next call */
  sums(table: GroupTablePlan, keyLo: number, keyHi: number, sec: number): Float64Array;
}
