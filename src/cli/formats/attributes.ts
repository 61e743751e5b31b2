import { decimal } from './columns.ts';

/**
 * The attributes of a row, named as its columns: numbers as numbers, the rest as text, empty fields left out.
 * @param keep places of the columns that are attributes.
 */
export const rowAttributes = (
  row: readonly string[],
  header: readonly string[],
  keep: readonly number[],
  timezone: string,
): Record<string, string | number> => {
  const attributes: Record<string, string | number> = { timezone };
  for (const place of keep) {
    const text = row[place];
    if (text === undefined || text === '') continue;
    const number = decimal(text);
    attributes[header[place]] = Number.isNaN(number) ? text : number;
  }
  return attributes;
};

/** Places of the columns whose names are not among the ones given. */
export const placesBut = (header: readonly string[], names: readonly string[]): number[] =>
  header.flatMap((name, place) => (names.includes(name) ? [] : [place]));
