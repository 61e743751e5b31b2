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
        Array.isArray(wanted) ? wanted.some((one) => one === data[field]) : data[field] === wanted,
      ),
  );

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
