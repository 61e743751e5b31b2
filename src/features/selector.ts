import { suggest } from '../base/suggest.ts';
import { CATALOGUE } from '../events/catalogue.ts';
import type { EventFacts } from './facts.ts';

/** Which events a feature looks at, as written in `features.yaml`. */
export interface SelectorSpec {
  readonly event?: string;
  readonly events?: readonly string[];
  readonly where?: Readonly<Record<string, Scalar | readonly Scalar[]>>;
}
export type Scalar = string | number | boolean;

/** A compiled {@link SelectorSpec}. `key` is equal for equal selections, so that features can share their words. */
export interface Selector {
  readonly key: string;
  readonly typeCodes: readonly number[];
  /** Undefined where every event of the types counts. */
  readonly matches: ((facts: EventFacts) => boolean) | undefined;
}

const CODES = new Map(CATALOGUE.map((entry) => [entry.type as string, entry.code]));

/** @returns the problem in the user's words, or undefined */
export const selectorProblem = (spec: SelectorSpec): string | undefined => {
  const names = spec.events ?? (spec.event === undefined ? [] : [spec.event]);
  if (names.length === 0) return 'needs `event` or `events`';
  for (const name of names) {
    if (CODES.has(name)) continue;
    const near = suggest(name, [...CODES.keys()]);
    return `unknown event \`${name}\`${near === undefined ? '' : `, did you mean \`${near}\`?`}`;
  }
  return undefined;
};

export const compileSelector = (spec: SelectorSpec): Selector => {
  const names = [...(spec.events ?? [spec.event as string])].sort();
  const typeCodes = names.map((name) => CODES.get(name) as number);
  const where = Object.entries(spec.where ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const key = JSON.stringify([names, where]);
  if (where.length === 0) return { key, typeCodes, matches: undefined };
  const tests = where.map(([field, value]) => [field, new Set<unknown>([value].flat())] as const);
  const matches = (facts: EventFacts): boolean => {
    for (const [field, values] of tests) if (!values.has(facts.data[field])) return false;
    return true;
  };
  return { key, typeCodes, matches };
};

/**
 * Compiles a field path of the event's data to a reader of its number. `lines.count` counts the order lines,
 * `lines.<field>` adds the field up over them. NaN where the event does not carry it.
 */
export const compileField = (path: string): ((data: Readonly<Record<string, unknown>>) => number) => {
  const numberOf = (value: unknown): number =>
    typeof value === 'number' ? value : value === true ? 1 : value === false ? 0 : Number.NaN;
  if (!path.startsWith('lines.')) return (data) => numberOf(data[path]);
  const field = path.slice('lines.'.length);
  return (data) => {
    const lines = data.lines;
    if (!Array.isArray(lines)) return Number.NaN;
    if (field === 'count') return lines.length;
    let sum = 0;
    for (const line of lines) {
      const value = numberOf((line as Record<string, unknown>)[field]);
      if (!Number.isNaN(value)) sum += value;
    }
    return sum;
  };
};
