import Type from 'typebox';
import { didYouMean } from '../base/suggest.ts';
import { CATALOGUE } from '../events/catalogue.ts';
import type { FieldValues } from '../events/field-values.ts';
import type { EventFacts } from './facts.ts';
import { compilePart, fieldCode, type ItemLookup, itemAttribute, NO_ITEMS } from './items.ts';

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

/** A number that an event tells; NaN for none. */
export type Amount = (told: FieldValues) => number;

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

/** Whether a field is a time in all of its events; undefined where one of them has no such field. */
export const isTimeField = (spec: SelectorSpec, field: string): boolean | undefined => {
  const found = namesOf(spec).map((name) => (EVENTS.get(name)!.schema.properties as Properties)[field]);
  return found.includes(undefined) ? undefined : found.every((schema) => schema?.format === 'date-time');
};

type Properties = Readonly<Record<string, { readonly format?: string } | undefined>>;

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
    for (const one of tests) if (!one.fits(facts.values)) return false;
    return true;
  };
  return { key, typeCodes, matches };
};

/** Whether a field has one of the values; of `lines.<field>`, whether any line has. */
const compileTest = (
  path: string,
  values: ReadonlySet<unknown>,
  items: ItemLookup,
): ((event: FieldValues) => boolean) => {
  if (path === 'lines.count') return ({ lineCount }) => values.has(lineCount);
  if (!path.startsWith('lines.')) {
    const of = compilePart(path, items);
    return (event) => values.has(of(event));
  }
  const of = compilePart(path.slice('lines.'.length), items);
  return (event) => {
    for (let i = 0; i < event.lineCount; i++) if (values.has(of(event.line(i)))) return true;
    return false;
  };
};

/**
 * Compiles a field path of the event's data to a reader of its number. `lines.count` counts the order lines,
 * `lines.<field>` adds the field up over them; `item.<attribute>` is that of the sku. NaN where there is none.
 */
export const compileField = (path: string, items: ItemLookup = NO_ITEMS): Amount => {
  if (path === 'lines.count') return ({ lineCount }) => (lineCount < 0 ? Number.NaN : lineCount);
  if (!path.startsWith('lines.')) return compileNumber(path, items);
  const ofLine = compileNumber(path.slice('lines.'.length), items);
  return (event) => {
    if (event.lineCount < 0) return Number.NaN;
    let sum = 0;
    for (let i = 0; i < event.lineCount; i++) {
      const value = ofLine(event.line(i));
      if (!Number.isNaN(value)) sum += value;
    }
    return sum;
  };
};

const compileNumber = (field: string, items: ItemLookup): ((part: FieldValues) => number) => {
  if (itemAttribute(field) === undefined) {
    const code = fieldCode(field);
    return (part) => part.number(code);
  }
  const of = compilePart(field, items);
  return (part) => {
    const value = of(part);
    return typeof value === 'number' || typeof value === 'boolean' ? Number(value) : Number.NaN;
  };
};
