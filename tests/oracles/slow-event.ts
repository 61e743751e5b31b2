import type { Items } from '../../src/features/items.ts';

/** An event as the slow twin sees it: what was sent, and its place among those that came in the same millisecond. */
export interface SlowEvent {
  readonly customer: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly timeMs: number;
  /** Hash of (source, id): orders events of one millisecond. */
  readonly hash: number;
  readonly data: Readonly<Record<string, unknown>>;
}

export const secOf = (event: SlowEvent): number => Math.floor(event.timeMs / 1000);

/** Each (customer, source, id) once: the first that came. */
export const withoutDuplicates = (events: readonly SlowEvent[]): SlowEvent[] => {
  const seen = new Set<string>();
  return events.filter(({ customer, source, id }) => {
    const name = JSON.stringify([customer, source, id]);
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
};

/** In the order of event time; arrival plays no part. */
export const inTime = (events: readonly SlowEvent[]): SlowEvent[] =>
  [...events].sort((a, b) => a.timeMs - b.timeMs || a.hash - b.hash);

/** Which events a feature speaks of. */
export interface Selection {
  readonly event?: string;
  readonly events?: readonly string[];
  readonly where?: Readonly<Record<string, unknown>>;
}

/** Events of the named types whose fields have the wanted values: each field one value or one of a list. */
export const select = (events: readonly SlowEvent[], { event, events: names, where = {} }: Selection): SlowEvent[] =>
  events.filter(
    ({ type, data }) =>
      (type === event || (names ?? []).includes(type)) &&
      Object.entries(where).every(([field, wanted]) =>
        valuesAt(data, field).some((value) => [wanted].flat().includes(value)),
      ),
  );

/** What a path names: the value of a field, or those of all order lines. */
const valuesAt = (data: Data, path: string): unknown[] => {
  if (!path.startsWith('lines.')) return [data[path]];
  if (path === 'lines.count') return [numberAt(data, path)];
  return data.lines === undefined ? [] : partsOf(data).map((line) => line[path.slice(6)]);
};

type Data = Readonly<Record<string, unknown>>;

/** The order lines, or the event itself. */
export const partsOf = (data: Data): readonly Data[] => (data.lines as Data[] | undefined) ?? [data];

/**
 * The events with what was known of their items when they came written into them and their lines, as `item.<attribute>`.
 * @param events in the order in which they came
 */
export const withItems = (events: readonly SlowEvent[], items: Items): SlowEvent[] => {
  const known = new Map<string, Data>(items);
  const filled = (part: Data): Data => {
    const item = Object.entries(known.get(part.sku as string) ?? {});
    return { ...part, ...Object.fromEntries(item.map(([name, value]) => [`item.${name}`, value])) };
  };
  return events.map((event) => {
    if (event.type === 'item.changed') {
      const { sku, attributes, ...own } = event.data as { sku: string; attributes?: Data };
      const facts = Object.entries({ ...known.get(sku), ...attributes, ...own });
      known.set(sku, Object.fromEntries(facts.filter(([, value]) => value !== null)));
      return event;
    }
    const lines = event.data.lines as Data[] | undefined;
    return { ...event, data: { ...filled(event.data), ...(lines === undefined ? {} : { lines: lines.map(filled) }) } };
  });
};

/** The number that a field path names, undefined where the event does not carry it. */
export const numberAt = (data: Readonly<Record<string, unknown>>, path: string): number | undefined => {
  const toNumber = (value: unknown): number | undefined =>
    typeof value === 'boolean' ? Number(value) : typeof value === 'number' ? value : undefined;
  if (!path.startsWith('lines.')) return toNumber(data[path]);
  if (data.lines === undefined) return undefined;
  const lines = data.lines as Record<string, unknown>[];
  if (path === 'lines.count') return lines.length;
  return lines.map((line) => toNumber(line[path.slice(6)]) ?? 0).reduce((a, b) => a + b, 0);
};
