import { basename } from 'node:path';
import { formatTime } from '../../base/clock.ts';
import { BeckonError } from '../../base/errors.ts';
import type { Event } from '../../events/event.ts';
import { isProblem, readEvent } from '../../events/validate.ts';
import type { Format } from '../formats/format.ts';
import { ROW_INVALID, type Tally } from '../formats/tally.ts';
import { Cells } from './cells.ts';
import { contentId, type Draft, type Maker } from './draft.ts';
import { aliasesOnly, consents, lists, profiles, tags } from './facts-makers.ts';
import { missingColumns } from './map.ts';
import type { FieldSpec, ImportMap } from './map-schema.ts';
import { type OnOrderProblem, Orders } from './orders.ts';
import type { Problems } from './problems.ts';
import { readRecords } from './records.ts';
import { Row } from './row.ts';

/** Reads files as a map says. Rows that cannot be used are told with their line and left out. */
export const importFormat = (map: ImportMap, problems: Problems): Format =>
  async function* (file, tally) {
    const name = basename(file.path);
    const damage = (line: number, why: string): void => {
      tally.rowsRead++;
      tally.reject(ROW_INVALID);
      problems.add(name, line, '', why);
    };
    let reader: RowReader | undefined;
    for await (const records of readRecords(file, map.delimiter, damage)) {
      const events: Event[] = [];
      for (const { cells, line } of records) {
        if (reader === undefined) reader = new RowReader(map, cells, name, tally, problems);
        else reader.read(new Row(cells, line), events);
      }
      yield events;
    }
    if (reader === undefined) throw new BeckonError('FILE_UNREADABLE', `${file.path} is empty`);
    const last: Event[] = [];
    reader.end(last);
    yield last;
  };

/** Reads the rows below one header. */
class RowReader {
  private readonly header: readonly string[];
  private readonly file: string;
  private readonly source: string;
  private readonly tally: Tally;
  private readonly problems: Problems;
  private readonly maker: Maker;
  private readonly subject: (row: Row) => string | undefined;
  private readonly time: (row: Row) => number | undefined;
  private readonly ids: readonly ((row: Row) => string | undefined)[];
  private readonly skips: readonly ((row: Row) => boolean)[];
  private readonly aliases: readonly (readonly [scheme: string, cell: (row: Row) => unknown])[];
  /** Links that were made already: a file names them in every row. */
  private readonly linked = new Set<string>();

  /** @throws BeckonError FILE_UNREADABLE where a column is missing */
  constructor(map: ImportMap, cells: readonly string[], file: string, tally: Tally, problems: Problems) {
    this.header = cells.map((column) => column.trim());
    this.file = file;
    this.source = map.source ?? `beckon:import/${map.rows}`;
    this.tally = tally;
    this.problems = problems;
    const missing = missingColumns(map, this.header);
    if (missing !== undefined) throw new BeckonError('FILE_UNREADABLE', `${file}: ${missing}`);
    const all = new Cells(map, this.header);
    const onOrder: OnOrderProblem = (line, why, rows) => {
      tally.reject(ROW_INVALID, rows);
      problems.add(file, line, '', why);
    };
    this.maker = makerOf(map, all, onOrder);
    const { column, scheme } =
      typeof map.subject === 'string' ? { column: map.subject, scheme: undefined } : map.subject;
    const subject = all.required(column, 'text');
    this.subject = (row) => {
      const id = subject(row) as string | undefined;
      return id === undefined || scheme === undefined ? id : `${scheme}:${id}`;
    };
    this.time = map.time === undefined ? () => Number.NaN : (all.required(map.time, 'time') as typeof this.time);
    this.ids = (map.id ?? []).map((idColumn) => all.required(idColumn, 'text') as (row: Row) => string | undefined);
    this.skips = Object.entries(map.skip ?? {}).map(([skipColumn, values]) => {
      const cell = all.text(skipColumn);
      return (row) => values.includes(cell(row) ?? '');
    });
    this.aliases = Object.entries((map.aliases ?? {}) as Record<string, FieldSpec>).map(
      ([name, field]) => [name, all.optional(field, 'text')] as const,
    );
  }

  read(row: Row, events: Event[]): void {
    this.tally.rowsRead++;
    if (row.cells.length !== this.header.length)
      row.wrong('', `has ${row.cells.length} cells, and the header ${this.header.length}`);
    else if (this.skips.some((skip) => skip(row))) this.tally.skip('as the map says');
    else this.readCells(row, events);
    if (row.problems.length === 0) return;
    this.tally.reject(ROW_INVALID);
    for (const { column, why } of row.problems) this.problems.add(this.file, row.line, column, why);
  }

  end(events: Event[]): void {
    for (const draft of this.maker.end()) this.check(draft, events);
  }

  private readCells(row: Row, events: Event[]): void {
    const subject = this.subject(row);
    const timeMs = this.time(row);
    const ids = this.ids.map((id) => id(row));
    const drafts = this.links(row, subject, timeMs);
    drafts.push(...this.maker.row(row, { subject, timeMs, id: ids.length === 0 ? undefined : ids.join('/') }));
    if (row.problems.length > 0) return;
    for (const draft of drafts) {
      if (draft.type === 'identity.linked') this.linked.add(draft.id);
      this.check(draft, events);
    }
  }

  private links(row: Row, subject: string | undefined, timeMs: number | undefined): Draft[] {
    const drafts: Draft[] = [];
    for (const [scheme, cell] of this.aliases) {
      const value = cell(row);
      if (value === undefined || subject === undefined || timeMs === undefined) continue;
      const alias = `${scheme}:${value}`;
      const id = contentId('identity.linked', subject, alias);
      if (this.linked.has(id)) continue;
      drafts.push({ type: 'identity.linked', id, subject, timeMs, data: { alias }, line: row.line, rows: 1 });
    }
    return drafts;
  }

  /** As `POST /v1/events` would: what passes here is not refused there, but for its time. */
  private check({ type, id, subject, timeMs, data, line, rows }: Draft, events: Event[]): void {
    const time = Number.isNaN(timeMs) ? undefined : formatTime(timeMs);
    const event = readEvent({ specversion: '1.0', type, source: this.source, id, subject, time, data });
    if (!isProblem(event)) {
      events.push(event);
      return;
    }
    this.tally.reject(event.code, rows);
    this.problems.add(this.file, line, '', `${type}: ${event.message}`);
  }
}

const makerOf = (map: ImportMap, cells: Cells, onOrder: OnOrderProblem): Maker => {
  switch (map.rows) {
    case 'orders':
      return new Orders(map, cells, onOrder);
    case 'profiles':
      return profiles(map, cells);
    case 'consents':
      return consents(map, cells);
    case 'tags':
      return tags(map, cells);
    case 'lists':
      return lists(map, cells);
    case 'aliases':
      return aliasesOnly();
  }
};
