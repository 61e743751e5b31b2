import { formatTime } from '../../base/clock.ts';
import type { EventType } from '../../events/catalogue.ts';
import type { Cell, Cells, ValueType } from './cells.ts';
import { contentId, type Draft, type Maker, present, type RowFrame } from './draft.ts';
import type { FieldSpec, MapOf } from './map-schema.ts';
import type { Row } from './row.ts';

/** A maker whose rows stand each for itself: what it reads becomes events, unless something is wrong with the row. */
const maker = (
  type: EventType | ((data: Readonly<Record<string, unknown>>) => EventType),
  read: (row: Row) => { readonly suffix?: string; readonly data: Record<string, unknown>; readonly as?: EventType }[],
): Maker => ({
  row(row: Row, { subject, timeMs, id }: RowFrame): Draft[] {
    const found = read(row);
    if (row.problems.length > 0 || subject === undefined || timeMs === undefined) return [];
    return found.map(({ suffix = '', data, as }) => {
      const made = as ?? (typeof type === 'string' ? type : type(data));
      const time = Number.isNaN(timeMs) ? undefined : timeMs;
      return {
        type: made,
        id: id === undefined ? contentId(made, subject, time, data) : `${id}${suffix}`,
        subject,
        timeMs,
        data,
        line: row.line,
        rows: 1,
      };
    });
  },
  end: () => [],
});

/** Attributes whose type the event schema fixes; the others are text, or what the map says. */
const ATTRIBUTE_TYPES: Readonly<Record<string, ValueType>> = {
  birthday: 'date',
  storeDistanceKm: 'number',
  tags: 'list',
};

/** A row is what is known about a customer: profile.updated with an attribute a field. Empty cells change nothing. */
export const profiles = (map: MapOf<'profiles'>, cells: Cells): Maker => {
  const attributes = Object.entries(map.fields as Record<string, FieldSpec>).map(
    ([name, field]) => [name, cells.optional(field, ATTRIBUTE_TYPES[name] ?? 'text')] as const,
  );
  return maker('profile.updated', (row) => {
    const data = present(Object.fromEntries(attributes.map(([name, cell]) => [name, cell(row)])));
    return Object.keys(data).length === 0 ? [] : [{ data: { attributes: data } }];
  });
};

/** A row gives or takes consent: for the channel that it names, or for each channel that has a column. */
export const consents = (map: MapOf<'consents'>, cells: Cells): Maker => {
  const { purpose, proof, expiresAt, channel, granted } = map.fields ?? {};
  const more: Record<string, Cell> = {
    purpose: cells.optional(purpose, 'text'),
    proof: cells.optional(proof, 'text'),
    expiresAt: timeText(cells.optional(expiresAt, 'time')),
  };
  const asEvent = (isGranted: unknown): EventType => (isGranted === true ? 'consent.granted' : 'consent.revoked');
  const rest = (row: Row): Record<string, unknown> =>
    Object.fromEntries(Object.entries(more).map(([name, cell]) => [name, cell(row)]));
  if (map.channels !== undefined) {
    const columns = Object.entries(map.channels as Record<string, FieldSpec>).map(
      ([name, field]) => [name, yesOrNo(field, cells.optional(field, 'boolean'))] as const,
    );
    return maker('consent.granted', (row) => {
      const shared = rest(row);
      return columns.flatMap(([name, cell]) => {
        const isGranted = cell(row);
        if (isGranted === undefined) return [];
        return [{ suffix: `/${name}`, data: present({ channel: name, ...shared }), as: asEvent(isGranted) }];
      });
    });
  }
  const channelCell = cells.required(channel as FieldSpec, 'text');
  const grantedCell = yesOrNo(granted as FieldSpec, cells.required(granted as FieldSpec, 'boolean'));
  return maker('consent.granted', (row) => [
    { as: asEvent(grantedCell(row)), data: present({ channel: channelCell(row), ...rest(row) }) },
  ]);
};

/** A row puts tags on a customer or takes them off. */
export const tags = (map: MapOf<'tags'>, cells: Cells): Maker => {
  const add = cells.optional(map.fields.add, 'list');
  const remove = cells.optional(map.fields.remove, 'list');
  return maker('profile.updated', (row) => {
    const data = present({ attributes: {}, tagsAdded: add(row), tagsRemoved: remove(row) });
    return Object.keys(data).length === 1 ? [] : [{ data }];
  });
};

/** A row puts a customer on a list or takes them off it. */
export const lists = (map: MapOf<'lists'>, cells: Cells): Maker => {
  const { list, member, until } = map.fields;
  const listCell = cells.required(list, 'text');
  const memberCell: Cell = member === undefined ? () => true : yesOrNo(member, cells.required(member, 'boolean'));
  const untilCell = timeText(cells.optional(until, 'time'));
  return maker('list.changed', (row) => [
    { data: present({ list: listCell(row), member: memberCell(row), until: untilCell(row) }) },
  ]);
};

/** Only what the map names under `aliases`. */
export const aliasesOnly = (): Maker => maker('identity.linked', () => []);

const timeText =
  (cell: Cell): Cell =>
  (row) => {
    const value = cell(row);
    return typeof value === 'number' ? formatTime(value) : value;
  };

/** Value maps may say anything; here only true and false mean something. */
const yesOrNo = (field: FieldSpec, cell: Cell): Cell => {
  const column = typeof field === 'string' ? field : 'column' in field ? field.column : '';
  return (row) => {
    const value = cell(row);
    return value === undefined || typeof value === 'boolean' ? value : row.wrong(column, 'does not mean true or false');
  };
};
