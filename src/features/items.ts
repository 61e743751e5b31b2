import { textHash } from '../base/text-hash.ts';
import { FIELD_CODES } from '../events/field-names.ts';
import type { FieldValues } from '../events/field-values.ts';

/** What a business knows of one item, by name: `category`, `supplyDays`, `margin`, `signature` and its attributes. */
export type Item = Readonly<Record<string, string | number | boolean>>;

/** Items of `items.yaml` by sku. */
export type Items = ReadonlyMap<string, Item>;

/** Where an item is found by its sku. */
export type ItemLookup = Pick<Items, 'get'>;

export const NO_ITEMS: Items = new Map();

const ITEM = 'item.';
const LINES = 'lines.';
const SKU = FIELD_CODES.get('sku') as number;

/** The attribute that a path such as `item.taste` or `lines.item.taste` names, or undefined. */
export const itemAttribute = (path: string): string | undefined => {
  const ofPart = path.startsWith(LINES) ? path.slice(LINES.length) : path;
  return ofPart.startsWith(ITEM) ? ofPart.slice(ITEM.length) : undefined;
};

/** Compiles a field of an event or of one order line, or `item.<attribute>` of its sku, to a reader of its value. */
export const compilePart = (field: string, items: ItemLookup): ((part: FieldValues) => unknown) => {
  const attribute = itemAttribute(field);
  if (attribute !== undefined) return (part) => itemOf(part, items)?.[attribute];
  const code = fieldCode(field);
  return (part) => part.value(code);
};

/** As {@link compilePart}, but reads the hash of the value's text, 0 where there is no value. */
export const compileHash = (field: string, items: ItemLookup): ((part: FieldValues) => number) => {
  if (itemAttribute(field) === undefined) {
    const code = fieldCode(field);
    return (part) => part.hash(code);
  }
  const of = compilePart(field, items);
  return (part) => {
    const value = of(part);
    return value === undefined || value === null ? 0 : textHash(String(value));
  };
};

/** The item that an event or an order line is about. */
export const itemOf = (part: FieldValues, items: ItemLookup): Item | undefined => items.get(part.text(SKU) as string);

/** The position of a field's name, which a schema must know. */
export const fieldCode = (field: string): number => {
  const code = FIELD_CODES.get(field);
  if (code === undefined) throw new Error(`the log has no place for a field ${field}`);
  return code;
};
