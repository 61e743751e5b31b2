import Type from 'typebox';
import { didYouMean } from '../base/suggest.ts';
import { CATALOGUE } from '../events/catalogue.ts';
import type { EventFacts } from './facts.ts';
import { compilePart, type ItemLookup, itemAttribute, NO_ITEMS } from './items.ts';

/** Which events a feature looks at, as written in `features.yaml`. */
export interface SelectorSpec {
  readonly event?: string;
  readonly events?: readonly string[];
  readonly where?: Readonly<Record<string, Scalar | readonly Scalar[]>>;
}
type Scalar = string | number | boolean;

const ScalarSchema = Type.Union([Type.String(), Type.Number(), Type.Boolean()]);

/** Fields of a {@link SelectorSpec}. */
export const SELECTION_FIELDS = {
  event: Type.Optional(Type.String()),
  events: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
  where: Type.Optional(
    Type.Record(Type.String(), Type.Union([ScalarSchema, Type.Array(ScalarSchema, { minItems: 1 })])),
  ),
};

/** A compiled {@link SelectorSpec}. `key` is equal for equal selections, so that features can share their words. */
export interface Selector {
  readonly key: string;
  readonly typeCodes: readonly number[];
  /** Undefined where every event of the types counts. */
  readonly matches: ((facts: EventFacts) => boolean) | undefined;
}

const EVENTS = new Map(CATALOGUE.map((entry) => [entry.type as string, entry]));

const namesOf = (spec: SelectorSpec): readonly string[] => spec.events ?? [spec.event as string];

/**
 * @param knowsItems whether `item.<attribute>` of an sku may be looked at
 * @returns the problem in the user's words, or undefined
 */
export const selectorProblem = (spec: SelectorSpec, knowsItems = false): string | undefined => {
  if (spec.event === undefined && spec.events === undefined) return 'needs `event` or `events`';
  if (spec.event !== undefined && spec.events !== undefined) return 'takes `event` or `events`, not both';
  for (const name of namesOf(spec))
    if (!EVENTS.has(name)) return `unknown event \`${name}\`${didYouMean(name, [...EVENTS.keys()])}`;
  const other = namesOf(spec).find((name) => EVENTS.get(name)?.isOfCustomer === false);
  if (other !== undefined) return `\`${other}\` is about no customer, so there is nothing to keep for one`;
  for (const field of Object.keys(spec.where ?? {})) {
    const problem = fieldProblem(spec, field, false, knowsItems);
    if (problem !== undefined) return problem;
  }
  return undefined;
};

/**
 * What an event's schema does not name is kept out of the state, so a feature cannot look at it.
 * @param spec of known events
 * @param isOfLines whether each order line is looked at for itself
 * @param knowsItems whether `item.<attribute>` of an sku may be looked at; the plan knows which there are
 * @returns the problem in the user's words, or undefined
 */
export const fieldProblem = (
  spec: SelectorSpec,
  field: string,
  isOfLines: boolean,
  knowsItems = false,
): string | undefined => {
  const fields = new Set(namesOf(spec).flatMap((name) => fieldsOf(name, isOfLines)));
  const attribute = knowsItems ? itemAttribute(field) : undefined;
  const known = attribute === undefined ? field : `${field.slice(0, -`item.${attribute}`.length)}sku`;
  if (fields.has(known)) return undefined;
  const events = namesOf(spec).map((name) => `\`${name}\``);
  return `${events.join(', ')} ${events.length > 1 ? 'have' : 'has'} no field \`${field}\`${didYouMean(field, [...fields])}`;
};

const fieldsOf = (event: string, isOfLines: boolean): readonly string[] => {
  const { properties } = EVENTS.get(event)!.schema;
  const fields = Object.keys(properties);
  const line = (properties.lines as { items?: { properties: object } } | undefined)?.items;
  if (line === undefined) return fields;
  const ofLine = Object.keys(line.properties);
  return [...fields, 'lines.count', ...ofLine.map((field) => `lines.${field}`), ...(isOfLines ? ofLine : [])];
};

/** @param items where `where` may look at `item.<attribute>` */
export const compileSelector = (spec: SelectorSpec, items: ItemLookup = NO_ITEMS): Selector => {
  const names = [...new Set(namesOf(spec))].sort();
  const typeCodes = names.map((name) => EVENTS.get(name)!.code);
  const where = Object.entries(spec.where ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const key = JSON.stringify([names, where]);
  if (where.length === 0) return { key, typeCodes, matches: undefined };
  const tests = where.map(([field, value]) => ({ fits: compileTest(field, new Set<unknown>([value].flat()), items) }));
  const matches = (facts: EventFacts): boolean => {
    for (const one of tests) if (!one.fits(facts.data)) return false;
    return true;
  };
  return { key, typeCodes, matches };
};

/** Whether a field has one of the values; of `lines.<field>`, whether any line has. */
const compileTest = (
  path: string,
  values: ReadonlySet<unknown>,
  items: ItemLookup,
): ((data: Readonly<Record<string, unknown>>) => boolean) => {
  if (path === 'lines.count') return ({ lines }) => Array.isArray(lines) && values.has(lines.length);
  if (!path.startsWith('lines.')) {
    const of = compilePart(path, items);
    return (data) => values.has(of(data));
  }
  const of = compilePart(path.slice('lines.'.length), items);
  return ({ lines }) => Array.isArray(lines) && lines.some((line) => values.has(of(line)));
};

/**
 * Compiles a field path of the event's data to a reader of its number. `lines.count` counts the order lines,
 * `lines.<field>` adds the field up over them; `item.<attribute>` is that of the sku. NaN where there is none.
 */
export const compileField = (
  path: string,
  items: ItemLookup = NO_ITEMS,
): ((data: Readonly<Record<string, unknown>>) => number) => {
  const numberOf = (value: unknown): number =>
    typeof value === 'number' ? value : value === true ? 1 : value === false ? 0 : Number.NaN;
  if (!path.startsWith('lines.')) {
    const value = compilePart(path, items);
    return (data) => numberOf(value(data));
  }
  const field = path.slice('lines.'.length);
  const ofLine = compilePart(field, items);
  return (data) => {
    const lines = data.lines;
    if (!Array.isArray(lines)) return Number.NaN;
    if (field === 'count') return lines.length;
    let sum = 0;
    for (const line of lines) {
      const value = numberOf(ofLine(line as Record<string, unknown>));
      if (!Number.isNaN(value)) sum += value;
    }
    return sum;
  };
};
