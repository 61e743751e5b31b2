import { idProblem } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Event } from '../../events/event.ts';
import {
  CENTS_MAX,
  type ColumnNames,
  type Columns,
  decimal,
  findColumns,
  minorUnits,
  wrongColumns,
} from './columns.ts';
import { readRows } from './csv.ts';
import { rowTimeMs } from './row-time.ts';
import { ROW_INVALID, type Tally } from './tally.ts';
import type { TextFile } from './text-file.ts';

const NAMES: ColumnNames<'customer' | 'date' | 'value'> = {
  customer: ['customer', 'customer_id'],
  date: ['date'],
  value: ['value', 'dollar_value'],
};

/** CDNOW_master.txt has no header: customer, date, number of CDs, dollars. */
const MASTER: Columns<keyof typeof NAMES> = { customer: 0, date: 1, value: 3 };
const isMaster = (row: readonly string[]): boolean => row.length === 4 && row.every((field) => /^[\d.]+$/.test(field));

/** The id of an event is the customer's with day and place behind it, and has to be an id itself. */
const CUSTOMER_BYTES_MAX = LIMITS.idBytesMax - 32;

/** One order.placed a row, at midnight UTC of its day. */
export async function* readCdnow(file: TextFile, tally: Tally): AsyncGenerator<Event[]> {
  let columns: Columns<keyof typeof NAMES> | undefined;
  /** Purchases of a customer on a day so far: rows have no number of their own, and some customers buy twice a day. */
  const seen = new Map<string, number>();
  for await (const { rows, firstRow } of readRows(file, tally)) {
    const events: Event[] = [];
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (row.length === 0) continue;
      if (columns === undefined) {
        columns = isMaster(row) ? MASTER : findColumns(row, NAMES);
        if (columns === undefined) throw wrongColumns(file.path, row, [NAMES]);
        if (columns !== MASTER) continue;
      }
      tally.rowsRead++;
      const customer = row[columns.customer];
      const timeMs = rowTimeMs(row[columns.date] ?? '');
      const cents = minorUnits(decimal(row[columns.value]));
      if (customer === '') tally.skip('no customer');
      else if (Number.isNaN(timeMs) || !(cents <= CENTS_MAX) || idProblem(customer, CUSTOMER_BYTES_MAX) !== undefined)
        tally.reject(ROW_INVALID, 1, `${file.path} row ${firstRow + i}: customer, date or value is not one`);
      else if (cents <= 0) tally.skip('value is not positive');
      else {
        const day = `${customer}/${row[columns.date].replaceAll('-', '')}`;
        const place = (seen.get(day) ?? 0) + 1;
        seen.set(day, place);
        const id = `${day}/${place}`;
        events.push({
          type: 'order.placed',
          source: 'beckon:replay/cdnow',
          id,
          subject: customer,
          timeMs,
          data: { orderId: id, amount: cents / 100 },
          extensions: undefined,
        });
      }
    }
    yield events;
  }
  if (columns === undefined) throw wrongColumns(file.path, [], [NAMES]);
}
