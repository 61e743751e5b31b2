/** What a business knows of one item, by name: `category`, `supplyDays`, `margin`, `signature` and its attributes. */
export type Item = Readonly<Record<string, string | number | boolean>>;

/** Items of `items.yaml` by sku. */
export type Items = ReadonlyMap<string, Item>;

/** Where an item is found by its sku. */
export type ItemLookup = Pick<Items, 'get'>;

export const NO_ITEMS: Items = new Map();

type Data = Readonly<Record<string, unknown>>;

const ITEM = 'item.';
const LINES = 'lines.';

/** The attribute that a path such as `item.taste` or `lines.item.taste` names, or undefined. */
export const itemAttribute = (path: string): string | undefined => {
  const ofPart = path.startsWith(LINES) ? path.slice(LINES.length) : path;
  return ofPart.startsWith(ITEM) ? ofPart.slice(ITEM.length) : undefined;
};

/** Compiles a field of an event or of one order line, or `item.<attribute>` of its sku, to a reader of its value. */
export const compilePart = (field: string, items: ItemLookup): ((part: Data) => unknown) => {
  const attribute = itemAttribute(field);
  if (attribute === undefined) return (part) => part[field];
  return (part) => items.get(part.sku as string)?.[attribute];
};

/** Calls back with each order line, or with the event itself where its type has none. */
export const forEachPart = (data: Data, visit: (part: Data) => void): void => {
  const { lines } = data;
  if (Array.isArray(lines)) for (const line of lines) visit(line as Data);
  else visit(data);
};
