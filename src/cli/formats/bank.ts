import type { Event } from '../../events/event.ts';
import { placesBut, rowAttributes } from './attributes.ts';
import { type ColumnNames, type Columns, decimal, findColumns, wrongColumns } from './columns.ts';
import { readRows } from './csv.ts';
import { rowTimeMs } from './row-time.ts';
import { ROW_INVALID, type Tally } from './tally.ts';
import type { TextFile } from './text-file.ts';

const PUBLISHED: ColumnNames<'day' | 'month' | 'duration' | 'y' | 'age' | 'job'> = {
  age: ['age'],
  job: ['job'],
  day: ['day'],
  month: ['month'],
  duration: ['duration'],
  y: ['y'],
};
const DATED: ColumnNames<'row' | 'date' | 'duration' | 'y' | 'age' | 'job'> = {
  row: ['row'],
  date: ['date'],
  age: ['age'],
  job: ['job'],
  duration: ['duration'],
  y: ['y'],
};

/** What is known only during or after the call, and what says where and when the row stands. */
const NOT_ATTRIBUTES = ['row', 'date', 'day', 'month', 'day_of_week', 'duration', 'y'];

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const FIRST_YEAR = 2008;

/**
 * Rows have a day but no time of day. The calls of a day begin at 09:00 UTC and follow each other by 20 seconds in the
 * order of the rows, up to 18:00 (1,620 calls; further ones share the last moment): inside calling hours in Lisbon.
 */
const FIRST_CALL_MS = 9 * 3600 * 1000;
const BETWEEN_CALLS_MS = 20_000;
const LAST_CALL_MS = 18 * 3600 * 1000;
/** What is known before the call comes this much before it. */
const KNOWN_BEFORE_MS = 1000;

/**
 * UCI Bank Marketing, bank-full.csv as published or with a `date` and `row` column. A row is a customer of its own,
 * `bank-<row>`: alias, consent and profile one second before the call, then call.ended.
 */
export async function* readBank(file: TextFile, tally: Tally): AsyncGenerator<Event[]> {
  let header: readonly string[] | undefined;
  let dated: Columns<keyof typeof DATED> | undefined;
  let published: Columns<keyof typeof PUBLISHED> | undefined;
  let keep: readonly number[] = [];
  let dataRow = 0;
  const calendar = new Calendar();
  let dayMs = Number.NaN;
  let callsOfDay = 0;
  for await (const { rows, firstRow } of readRows(file, tally)) {
    const events: Event[] = [];
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (row.length === 0) continue;
      if (header === undefined) {
        header = row;
        dated = findColumns(header, DATED);
        published = dated === undefined ? findColumns(header, PUBLISHED) : undefined;
        if (dated === undefined && published === undefined) throw wrongColumns(file.path, header, [PUBLISHED, DATED]);
        keep = placesBut(header, NOT_ATTRIBUTES);
        continue;
      }
      tally.rowsRead++;
      const columns = (dated ?? published)!;
      const number = dated === undefined ? String(dataRow) : row[dated.row];
      dataRow++;
      const dateMs =
        dated === undefined
          ? calendar.dateMs(row[published!.day], row[published!.month])
          : rowTimeMs(row[dated.date] ?? '');
      const seconds = decimal(row[columns.duration]);
      const answer = row[columns.y];
      if (Number.isNaN(dateMs) || !/^\d+$/.test(number) || !(seconds >= 0) || (answer !== 'yes' && answer !== 'no')) {
        tally.reject(ROW_INVALID, 1, `${file.path} row ${firstRow + i}: date, row, duration or y is not one`);
        continue;
      }
      callsOfDay = dateMs === dayMs ? callsOfDay + 1 : 0;
      dayMs = dateMs;
      const callMs = dateMs + Math.min(FIRST_CALL_MS + callsOfDay * BETWEEN_CALLS_MS, LAST_CALL_MS);
      const attributes = rowAttributes(row, header, keep, 'Europe/Lisbon');
      push(events, number, callMs, attributes, answer === 'yes', seconds);
    }
    yield events;
  }
  if (header === undefined) throw wrongColumns(file.path, [], [PUBLISHED, DATED]);
}

const push = (
  events: Event[],
  row: string,
  callMs: number,
  attributes: Record<string, string | number>,
  converted: boolean,
  talkSeconds: number,
): void => {
  const subject = `bank-${row}`;
  const event = (type: Event['type'], id: string, timeMs: number, data: Event['data']): void => {
    events.push({
      type,
      source: 'beckon:replay/bank',
      id: `${row}/${id}`,
      subject,
      timeMs,
      data,
      extensions: undefined,
    });
  };
  const beforeMs = callMs - KNOWN_BEFORE_MS;
  event('identity.linked', 'alias', beforeMs, { alias: `phone:${subject}` });
  event('consent.granted', 'consent', beforeMs, { channel: 'human_call' });
  event('profile.updated', 'profile', beforeMs, { attributes });
  event('call.ended', 'call', callMs, {
    callId: subject,
    campaignId: 'term-deposit',
    disposition: converted ? 'answered_converted' : 'answered_not_interested',
    talkSeconds,
  });
};

/** Gives the rows their year: they are in order of time from May 2008 on, so a month that goes back is a new year. */
class Calendar {
  #year = FIRST_YEAR;
  #month = 0;

  /** @returns midnight UTC, NaN where day or month is not one. */
  dateMs(day: string | undefined, month: string | undefined): number {
    const index = MONTHS.indexOf((month ?? '').toLowerCase());
    if (index < 0 || !/^\d{1,2}$/.test(day ?? '')) return Number.NaN;
    const year = index < this.#month ? this.#year + 1 : this.#year;
    const date = new Date(Date.UTC(year, index, Number(day)));
    if (date.getUTCMonth() !== index) return Number.NaN;
    this.#year = year;
    this.#month = index;
    return date.getTime();
  }
}
