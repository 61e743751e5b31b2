import type { TObject } from 'typebox';
import type { Ask } from './ask.ts';
import type { EventFacts } from './facts.ts';
import type { GroupCell, GroupTablePlan } from './group-table-plan.ts';
import type { ItemLookup, Items } from './items.ts';
import type { Reading } from './reading.ts';
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
  readonly declaredItems: Items;
  /** What is known of each sku when an event comes; asked while it is applied. */
  readonly items: ItemLookup;
  /** Finds the cell with this key or makes it. @returns offset of its first word from the row's base */
  cell(key: string, words: number, make: (offset: number) => Cell): number;
  /** Greatest number that any feature has declared for a key with {@link Kind.demand}, 0 where none has. */
  demanded(key: string): number;
  /** Position of an earlier feature. @throws BeckonError PACK_INVALID with a suggestion */
  feature(name: string): number;
  /** Finds the cell of the group table `by` or makes it. */
  group(spec: FeatureSpec, cell: GroupCell): GroupPlace;
}

/** Where a group's sum stands. */
export interface GroupPlace {
  readonly table: GroupTablePlan;
  /** Among the cells of the table. */
  readonly cell: number;
  /** Of the table; the questions of all its features share it. */
  readonly key: AskedKey;
}

/** The key of the group that a question is about; one object, reused. */
export interface AskedKey {
  readonly lo: number;
  readonly hi: number;
  /** False where the question, or the row, does not say which group. */
  readonly known: boolean;
  ofQuestion(row: RowView, ask: Ask): void;
}

export type Course = 'rises' | 'falls' | 'fallsByDay';

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
  /**
   * How the number moves while no event comes, where that is a straight line: up or down by 1 a unit of time, or down by 1 a
   * day of the business. Undefined where it moves in another way, or not at all.
   */
  course?(spec: FeatureSpec): Course | undefined;
  /** Adds the cells that the feature needs and says how it is read. */
  compile(spec: FeatureSpec, plan: PlanBuilder): Reading;
}
