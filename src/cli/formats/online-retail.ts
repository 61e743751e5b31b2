import { idProblem } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Event } from '../../events/event.ts';
import { type ColumnNames, type Columns, decimal, findColumns, wrongColumns } from './columns.ts';
import { readRows } from './csv.ts';
import { Invoices } from './invoices.ts';
import { rowTimeMs } from './row-time.ts';
import { ROW_INVALID, type Tally } from './tally.ts';
import type { TextFile } from './text-file.ts';

const SHARED = {
  invoice: ['invoice', 'InvoiceNo'],
  customer: ['customer', 'CustomerID', 'Customer ID'],
  time: ['time', 'InvoiceDate'],
};
const LINES: ColumnNames<keyof typeof SHARED | 'stock' | 'quantity' | 'price'> = {
  ...SHARED,
  stock: ['stock', 'StockCode'],
  quantity: ['qty', 'Quantity'],
  price: ['price', 'UnitPrice'],
};
const TOTALS: ColumnNames<keyof typeof SHARED | 'value'> = { ...SHARED, value: ['value'] };

/** Both together are the id of an event where an invoice has several customers. */
const ID_BYTES_MAX = LIMITS.idBytesMax / 2 - 1;
/** Far beyond the largest of the data (80,995 pieces, 38,970 pounds), and sums stay exact. */
const QUANTITY_MAX = 1e6;
const PRICE_MAX = 1e6;

/**
 * UCI Online Retail: one row a line of an invoice (as published), or one an invoice. An invoice of a customer is an
 * order.placed, and where its number begins with C (cancelled) an order.refunded.
 *
 * Events come in the order of the invoices' first rows. Files by line give them at their end, because lines of one
 * invoice are not always together.
 */
export async function* readOnlineRetail(file: TextFile, tally: Tally): AsyncGenerator<Event[]> {
  let lines: Columns<keyof typeof LINES> | undefined;
  let totals: Columns<keyof typeof TOTALS> | undefined;
  const invoices = new Invoices(tally);
  for await (const { rows, firstRow } of readRows(file, tally)) {
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (row.length === 0) continue;
      if (lines === undefined && totals === undefined) {
        lines = findColumns(row, LINES);
        totals = lines === undefined ? findColumns(row, TOTALS) : undefined;
        if (lines === undefined && totals === undefined) throw wrongColumns(file.path, row, [LINES, TOTALS]);
        continue;
      }
      tally.rowsRead++;
      const columns = (lines ?? totals)!;
      const invoice = row[columns.invoice];
      // Exported from a spreadsheet through a table with gaps, customer numbers come as 17850.0.
      const customer = (row[columns.customer] ?? '').replace(/\.0$/, '');
      if (customer === '') {
        tally.skip('no customer');
        continue;
      }
      const timeMs = rowTimeMs(row[columns.time] ?? '');
      const quantity = lines === undefined ? 1 : decimal(row[lines.quantity]);
      const price = decimal(row[lines === undefined ? totals!.value : lines.price]);
      if (
        idProblem(invoice, ID_BYTES_MAX) !== undefined ||
        idProblem(customer, ID_BYTES_MAX) !== undefined ||
        Number.isNaN(timeMs) ||
        !(Math.abs(quantity) <= QUANTITY_MAX && Number.isInteger(quantity)) ||
        !(Math.abs(price) <= PRICE_MAX)
      )
        tally.reject(ROW_INVALID, 1, `${file.path} row ${firstRow + i}: invoice, customer, time or amount is not one`);
      else invoices.add(invoice, customer, timeMs, lines === undefined ? undefined : row[lines.stock], quantity, price);
    }
    if (totals !== undefined) yield invoices.take();
  }
  if (lines === undefined && totals === undefined) throw wrongColumns(file.path, [], [LINES, TOTALS]);
  yield invoices.take();
}
