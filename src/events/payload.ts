import type { ErrorCode } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';

/** Why an event was not accepted. */
export interface EventProblem {
  readonly code: ErrorCode;
  readonly message: string;
}

export const problem = (code: ErrorCode, message: string): EventProblem => ({ code, message });

const FORBIDDEN = problem(
  'EVENT_DATA_INVALID',
  'data must not have the key __proto__ or a constructor with a prototype',
);

/** A UTF-16 unit takes at most this many bytes in JSON (`\u0001`): data of few units needs no exact count. */
const UNIT_BYTES_MAX = 6;
/** More than any number, literal or pair of brackets with its punctuation takes, in units. */
const VALUE_UNITS = 5;

let units = 0;

const walk = (value: object, depth: number): EventProblem | undefined => {
  if (depth > LIMITS.jsonDepthMax)
    return problem('JSON_TOO_DEEP', `data is nested deeper than ${LIMITS.jsonDepthMax} levels`);
  if (Array.isArray(value)) {
    units += value.length * VALUE_UNITS;
    for (let i = 0; i < value.length; i++) {
      const entry = value[i];
      if (typeof entry === 'string') units += entry.length;
      else if (typeof entry === 'object' && entry !== null) {
        const found = walk(entry, depth + 1);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }
  for (const key in value) {
    const entry = (value as Record<string, unknown>)[key];
    units += key.length + VALUE_UNITS;
    if (typeof entry === 'string') units += entry.length;
    else if (typeof entry === 'object' && entry !== null) {
      if (key === 'constructor' && Object.hasOwn(entry, 'prototype')) return FORBIDDEN;
      const found = walk(entry, depth + 1);
      if (found !== undefined) return found;
    }
    if (key === '__proto__') return FORBIDDEN;
  }
  return undefined;
};

/**
 * Looks through parsed data for what no schema of ours can see: nesting, keys that reach for prototypes, size.
 * The recursion ends at the bound on depth, however deep the data is.
 * @param depth levels above the data in its body.
 */
export const payloadProblem = (data: object, depth: number): EventProblem | undefined => {
  units = 0;
  const found = walk(data, depth + 1);
  if (found !== undefined || units * UNIT_BYTES_MAX <= LIMITS.eventBytesMax) return found;
  if (Buffer.byteLength(JSON.stringify(data)) <= LIMITS.eventBytesMax) return undefined;
  return problem('EVENT_TOO_LARGE', `data has more than ${LIMITS.eventBytesMax} bytes`);
};

/** Whether any value, of whatever shape, is nested deeper than a body may be. */
export const isTooDeep = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && walk(value, 1)?.code === 'JSON_TOO_DEEP';
