import type { ErrorCode } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';

/** Why an event was not accepted. */
export interface EventProblem {
  readonly code: ErrorCode;
  readonly message: string;
}

export const problem = (code: ErrorCode, message: string): EventProblem => ({ code, message });

const TOO_DEEP = problem('JSON_TOO_DEEP', `data is nested deeper than ${LIMITS.jsonDepthMax} levels`);
const TOO_LARGE = problem('EVENT_TOO_LARGE', `data has more than ${LIMITS.eventBytesMax} bytes`);
const FORBIDDEN = problem(
  'EVENT_DATA_INVALID',
  'data must not have the key __proto__ or a constructor with a prototype',
);

/** A UTF-16 unit takes at most this many bytes in JSON (`\u0001`). */
const UNIT_BYTES_MAX = 6;
/** More than any number, literal or pair of brackets with its punctuation takes, in units. */
const VALUE_UNITS = 5;
/** Data of fewer units is within the bound on bytes, whatever characters it holds. */
const SAFE_UNITS = Math.floor(LIMITS.eventBytesMax / UNIT_BYTES_MAX);

let units = 0;

const walk = (value: object, depth: number): EventProblem | undefined => {
  if (depth > LIMITS.jsonDepthMax) return TOO_DEEP;
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
  if (found !== undefined || units <= SAFE_UNITS) return found;
  return Buffer.byteLength(JSON.stringify(data)) > LIMITS.eventBytesMax ? TOO_LARGE : undefined;
};

/** Whether any value, of whatever shape, is nested deeper than a body may be. */
export const isTooDeep = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && walk(value, 1) === TOO_DEEP;
