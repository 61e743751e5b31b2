import type { TObject } from 'typebox';
import type { EventFacts } from './facts.ts';
import type { Items } from './items.ts';
import type { RowView } from './row.ts';
import type { Selector, SelectorSpec } from './selector.ts';

/** A feature as declared in `features.yaml`; each kind adds its own fields. */
export interface FeatureSpec extends SelectorSpec {
  readonly name: string;
  readonly kind: string;
  readonly unit: string;
  readonly default?: number;
  readonly description: string;
  /** The business rule that the feature serves. */
  readonly serves?: string;
  readonly field?: string;
  readonly window?: string;
  readonly bucket?: string;
  readonly halfLife?: string;
  readonly by?: string | readonly string[];
  /** Field of an order line or event that tells inputs apart. */
  readonly key?: string;
}

/** What a question about a row knows besides the row. One object a thread, reused. */
export interface Ask {
  /** The time asked for, seconds since the epoch. */
  sec: number;
  /** Values already read in this pass, by position; derived features read earlier ones. */
  values: Float64Array;
  /** Campaign, channel, action … of the question: keys of group features. */
  keys: Readonly<Record<string, string | undefined>>;
  groups: GroupSums;
}

/** The parts of all shards of a group, added up. */
export interface GroupSums {
  /** @returns the sum over the shards of a cell's value at `sec`; 0 where no event came */
  value(table: GroupTablePlan, keyLo: number, keyHi: number, cell: number, sec: number): number;
}

export type Read = (row: RowView, ask: Ask) => number;

/** A piece of a customer's state: some words, and how events and merges change them. */
export interface Cell {
  readonly selector: Selector;
  apply(row: RowView, facts: EventFacts): void;
  /** Folds the cell of `from` into that of `into`, as if all events had come to one customer. */
  merge(into: RowView, from: RowView): void;
}

/** What a kind may ask of the plan while it compiles a feature. */
export interface PlanBuilder {
  readonly minorDigits: number;
  /** Seconds east of UTC of the business. */
  readonly zoneOffsetSec: number;
  /** What `items.yaml` says of each sku. */
  readonly items: Items;
  /** Finds the cell with this key or makes it. @returns offset of its first word from the row's base */
  cell(key: string, words: number, make: (offset: number) => Cell): number;
  /** Greatest number that any feature has declared for a key with {@link Kind.demand}, 0 where none has. */
  demanded(key: string): number;
  /** Position of an earlier feature. @throws BeckonError PACK_INVALID with a suggestion */
  feature(name: string): number;
  /** Adds a cell of the group table `by`. @returns numbers for {@link GroupSums.value} and the key of a question */
  group(spec: FeatureSpec, cell: GroupCell): GroupHandle;
}

export interface GroupCell {
  /** Equal for equal cells, so that features share them. */
  readonly key: string;
  readonly selector: Selector;
  /** 0 for plain sums. */
  readonly decayPerSec: number;
  /** What the event adds; NaN where nothing. */
  readonly amount: (data: Readonly<Record<string, unknown>>) => number;
}

export interface GroupHandle {
  sum(row: RowView, ask: Ask): number;
}

/** A table beside the rows: one entry a key, in each entry one accumulator a cell. */
export interface GroupTablePlan {
  /** As declared: `everybody`, `campaign`, `attribute:<name>`, or a pair of these. */
  readonly by: readonly string[];
  readonly position: number;
  readonly keysMax: number;
  readonly cells: readonly GroupCell[];
}

/** A way to turn events into a number. One file each under `kinds/`. */
export interface Kind {
  readonly name: string;
  /** Fields beyond those of every feature. */
  readonly schema: TObject;
  /** Whether it takes `event`, `events` and `where`. */
  readonly selects: boolean;
  /** Whether equal inputs give equal state in any order and through any merge. */
  readonly exact: boolean;
  /** A cross-field problem in the user's words, or undefined. */
  problem?(spec: FeatureSpec): string | undefined;
  /** Declares a size that features with the same key share. */
  demand?(spec: FeatureSpec): { key: string; size: number };
  /** Adds the cells that the feature needs and returns its read. */
  compile(spec: FeatureSpec, plan: PlanBuilder): Read;
}
