import { BeckonError } from '../base/errors.ts';
import { suggest } from '../base/suggest.ts';

/** A comparison of a feature with a number, such as `orders>=1`. */
export interface Condition {
  /** @param features in the order of the plan */
  holds(features: Float64Array): boolean;
}

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '=': (a, b) => a === b,
};

const FORM = /^\s*(\w+)\s*(>=|<=|>|<|=)\s*(-?\d+(?:\.\d+)?)\s*$/;

/**
 * @param features names in the order of the plan
 * @throws BeckonError USAGE
 */
export const parseCondition = (text: string, features: readonly string[]): Condition => {
  const parts = FORM.exec(text);
  if (parts === null)
    throw new BeckonError('USAGE', `a condition is a feature, one of >= <= > < =, and a number, not ${text}`);
  const [, name, sign, number] = parts;
  const position = features.indexOf(name);
  if (position < 0) {
    const near = suggest(name, features);
    throw new BeckonError(
      'USAGE',
      `the pack has no feature ${name}${near === undefined ? '' : `; did you mean ${near}?`}`,
    );
  }
  const compare = COMPARISONS[sign];
  const value = Number(number);
  return { holds: (values) => compare(values[position], value) };
};
