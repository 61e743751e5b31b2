/**
 * Texts of JavaScript that read a row, for forms of readings. They see `u` and `f`, the words as integers and as floats,
 * `b`, the row's first word, `v`, the values, and `sec`, the time asked for. Nothing of a pack gets into them but numbers.
 */

/** A word of the row. */
export const word = (offset: number): string => `u[b+${offset}]`;

export const float = (offset: number): string => `f[b+${offset}]`;

/** A signed integer of two words. */
export const int64 = (offset: number): string => `((u[b+${offset + 1}]|0)*4294967296+u[b+${offset}])`;

/** A number as it is, in any place. @throws Error where it is none */
export const number = (value: number): string => {
  if (!Number.isFinite(value)) throw new Error(`${value} is no number`);
  return value < 0 || Object.is(value, -0) ? `(-${-value})` : `${value}`;
};

/** The value of another feature, or of this one to be set. */
export const valueAt = (position: number): string => `v[${position}]`;

/** Sets a feature's value. @param names declared for this statement only, by the texts of what they stand for */
export const setValue = (position: number, value: string, names: Readonly<Record<string, string>> = {}): string => {
  const declared = Object.entries(names).map(([name, code]) => `const ${name}=${code};`);
  const statement = `${valueAt(position)}=${value};`;
  return declared.length === 0 ? statement : `{${declared.join('')}${statement}}`;
};

/** One statement a feature. */
export const statements = <T>(features: readonly T[], of: (feature: T) => string): string =>
  features.map(of).join('\n');
