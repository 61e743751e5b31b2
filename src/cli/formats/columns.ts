import { BeckonError } from '../../base/errors.ts';

/** Places of the columns in a row, by the name that we use for them. */
export type Columns<K extends string> = Readonly<Record<K, number>>;

/** Our name of a column and the names that publishers give it; letter case does not matter. */
export type ColumnNames<K extends string> = Readonly<Record<K, readonly string[]>>;

/** @returns undefined where one of the columns is missing. */
export const findColumns = <K extends string>(
  header: readonly string[],
  names: ColumnNames<K>,
): Columns<K> | undefined => {
  const found = header.map((name) => name.trim().toLowerCase());
  const places = {} as Record<K, number>;
  for (const key of Object.keys(names) as K[]) {
    const known = names[key].map((name) => name.toLowerCase());
    const place = found.findIndex((name) => known.includes(name));
    if (place < 0) return undefined;
    places[key] = place;
  }
  return places;
};

/** The error of a file whose header is none of the forms of its format. */
export const wrongColumns = (
  path: string,
  header: readonly string[],
  forms: readonly ColumnNames<string>[],
): BeckonError => {
  const form = (names: ColumnNames<string>): string =>
    Object.values(names)
      .map((known) => known.join(' or '))
      .join(', ');
  const found = header.length === 0 ? 'nothing' : header.join(', ');
  return new BeckonError(
    'FILE_UNREADABLE',
    `${path}: looked for the columns ${forms.map(form).join('; or ')}; found ${found.slice(0, 500)}`,
  );
};

/** @returns NaN where the text is not a plain decimal number: `Number` also takes ` `, `0x10` and `Infinity`. */
export const decimal = (text: string | undefined): number =>
  text !== undefined && /^-?\d+(\.\d*)?$/.test(text) ? Number(text) : Number.NaN;

/** Whole minor units (cents) of an amount in major ones. */
export const minorUnits = (amount: number): number => Math.round(amount * 100);

/** The most that an event may name as an amount: beyond, it is an error of units. */
export const CENTS_MAX = 1e14;
