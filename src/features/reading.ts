import type { Ask } from './ask.ts';
import type { RowView } from './row.ts';

/** Reads features of one form into `ask.values`. */
export type ReadAll = (row: RowView, ask: Ask) => void;

/**
 * Compiles all features that are read alike, and differ in their terms only, to one loop. Each as a function of its own
 * would cost more in the call and in the number handed back on the heap than in the reading.
 */
export type Form<T> = (features: readonly (T & Placed)[]) => ReadAll;

interface Placed {
  /** Where the feature's value belongs among {@link Ask.values}. */
  readonly position: number;
}

/** How one feature is read: by its form, with the terms that are its own. */
export interface Reading {
  readonly form: Form<object>;
  readonly terms: object;
}

export const reading = <T extends object>(form: Form<T>, terms: T): Reading => ({ form: form as Form<object>, terms });

/** Reads a feature from its customer's row. */
export type Read = (row: RowView, ask: Ask) => number;

const ONE_BY_ONE: Form<{ readonly read: Read }> = (features) => {
  const positions = positionsOf(features);
  const reads = features.map(({ read }) => read);
  return (row, ask) => {
    for (let i = 0; i < reads.length; i++) ask.values[positions[i]] = reads[i](row, ask);
  };
};

/** Where few features are read alike, or where what is to be done outweighs the call. */
export const oneByOne = (read: Read): Reading => reading(ONE_BY_ONE, { read });

export const positionsOf = (features: readonly Placed[]): Int32Array =>
  Int32Array.from(features, ({ position }) => position);

interface Readable extends Placed {
  readonly reading: Reading;
  /** Positions of the features that it is made from. */
  readonly inputs: readonly number[];
}

/**
 * @param features in the order of their positions
 * @returns one function a form; those of features that are made from others come last
 */
export const compileReadings = (features: readonly Readable[]): ReadAll[] => {
  const byForm = (wanted: readonly Readable[]): ReadAll[] =>
    [...Map.groupBy(wanted, ({ reading: { form } }) => form)].map(([form, alike]) =>
      form(alike.map(({ position, reading: { terms } }) => ({ ...terms, position }))),
    );
  return [
    ...byForm(features.filter(({ inputs }) => inputs.length === 0)),
    ...byForm(features.filter(({ inputs }) => inputs.length > 0)),
  ];
};
