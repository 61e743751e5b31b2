import type { Ask } from './ask.ts';
import { LINE_WORDS, type RowView } from './row.ts';
import { word } from './row-code.ts';

/** Reads features into `ask.values`. */
export type ReadAll = (row: RowView, ask: Ask) => void;

/**
 * Compiles all features that are read alike, and differ in their terms only, to one loop, or to a text of JavaScript
 * (see row-code.ts). The texts of all forms become one function: a number that stands in it costs nothing, one that a
 * loop looks up costs as much as the reading.
 */
export type Form<T> = (features: readonly (T & Placed)[], use: Use) => ReadAll | string;

/** @returns the name by which a text may use an object or function */
export type Use = (constant: object) => string;

export interface Placed {
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
type Read = (row: RowView, ask: Ask) => number;

const ONE_BY_ONE: Form<{ readonly read: Read }> = (features) => {
  const positions = positionsOf(features);
  const reads = features.map(({ read }) => read);
  return (row, ask) => {
    for (let i = 0; i < reads.length; i++) ask.values[positions[i]] = reads[i](row, ask);
  };
};

/** Where few features are read alike, and the call does not matter. */
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
 * @returns one function for all; features that are made from others come last
 */
export const compileReadings = (features: readonly Readable[], rowWords: number): ReadAll => {
  const constants: object[] = [];
  const use: Use = (constant) => {
    const known = constants.indexOf(constant);
    return `c${known < 0 ? constants.push(constant) - 1 : known}`;
  };
  const codeOf = (wanted: readonly Readable[]): string[] =>
    [...Map.groupBy(wanted, ({ reading: { form } }) => form)].map(([form, alike]) => {
      const features = alike.map(({ position, reading: { terms } }) => ({ ...terms, position }));
      const made = form(features, use);
      return typeof made === 'string' ? made : `${use(made)}(row, ask);`;
    });
  const code = [
    ...codeOf(features.filter(({ inputs }) => inputs.length === 0)),
    ...codeOf(features.filter(({ inputs }) => inputs.length > 0)),
  ];
  // All lines of the row are asked for at once, so that their ways from memory overlap: nothing waits for this sum.
  const touched = Array.from({ length: Math.ceil(rowWords / LINE_WORDS) }, (_, i) => word(i * LINE_WORDS));
  const make = new Function(
    ...constants.map((_, i) => `c${i}`),
    `return (row, ask) => {
const u = row.u32, f = row.f32, b = row.base, v = ask.values, sec = ask.sec;
ask.touched = ${touched.join('|')};
${code.join('\n')}
};`,
  );
  return make(...constants) as ReadAll;
};
