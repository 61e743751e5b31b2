import type { Amount, Selector } from './selector.ts';

/** A table beside the rows: one entry a key, in each entry one accumulator a cell. */
export interface GroupTablePlan {
  /** As declared: `everybody`, `campaign`, `attribute:<name>`, or a pair of these. */
  readonly by: readonly string[];
  readonly position: number;
  readonly keysMax: number;
  readonly cells: readonly GroupCell[];
}

export interface GroupCell {
  /** Equal for equal cells, so that features share them. */
  readonly key: string;
  readonly selector: Selector;
  /** 0 for plain sums. */
  readonly decayPerSec: number;
  /** What the event adds, or one of its lines; NaN where nothing. */
  readonly amount: Amount;
}
