import { idProblem } from '../../base/ids.ts';
import type { Event } from '../../events/event.ts';
import { CENTS_MAX } from './columns.ts';
import { ROW_INVALID, type Tally } from './tally.ts';

/** Prices are summed as whole ten-thousandths: the files hold prices of 0.001, and sums have to be exact. */
const PARTS = 10_000;
const PARTS_OF_CENT = PARTS / 100;

/** What one event holds; the largest real invoices have some 1,100, and the amount counts all of them. */
const LINES_MAX = 4000;

interface Invoice {
  readonly id: string;
  readonly invoice: string;
  readonly customer: string;
  readonly timeMs: number;
  parts: number;
  rows: number;
  /** By article and price: an article that stands on several lines is one line of the order. */
  readonly lines: Map<string, { sku: string; quantity: number; price: number }>;
}

/** Adds rows up to invoices and gives them as events. */
export class Invoices {
  readonly #tally: Tally;
  readonly #open = new Map<string, Invoice>();
  /** The first customer of each invoice; further ones have their number in the event id. */
  readonly #owners = new Map<string, string>();

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  /** @param stock undefined where the row is a whole invoice. */
  add(invoice: string, customer: string, timeMs: number, stock: string | undefined, quantity: number, price: number) {
    const owner = this.#owners.get(invoice);
    if (owner === undefined) this.#owners.set(invoice, customer);
    const id = owner === undefined || owner === customer ? invoice : `${invoice}/${customer}`;
    let order = this.#open.get(id);
    if (order === undefined) {
      order = { id, invoice, customer, timeMs, parts: 0, rows: 0, lines: new Map() };
      this.#open.set(id, order);
    }
    order.rows++;
    order.parts += Math.round(price * PARTS) * quantity;
    // Corrections (negative lines) count in the sum, but nobody bought -3 of something.
    if (stock === undefined || quantity <= 0 || price < 0 || idProblem(stock) !== undefined) return;
    const key = `${stock}\n${price}`;
    const line = order.lines.get(key);
    if (line === undefined) order.lines.set(key, { sku: stock, quantity, price });
    else line.quantity += quantity;
  }

  /** The events of what was added since the last call, in the order of the first rows. */
  take(): Event[] {
    const events: Event[] = [];
    for (const order of this.#open.values()) {
      const cancelled = order.invoice.startsWith('C');
      const cents = Math.round((cancelled ? -order.parts : order.parts) / PARTS_OF_CENT);
      if (cents > CENTS_MAX)
        this.#tally.reject(ROW_INVALID, order.rows, `invoice ${order.invoice}: too much for one order`);
      else if (cents > 0) events.push(toEvent(order, cancelled, cents));
      else this.#tally.skip('value is not positive', order.rows);
    }
    this.#open.clear();
    return events;
  }
}

const toEvent = (order: Invoice, cancelled: boolean, cents: number): Event => {
  const total = { orderId: order.invoice, amount: cents / 100 };
  const lines = [...order.lines.values()].slice(0, LINES_MAX);
  return {
    type: cancelled ? 'order.refunded' : 'order.placed',
    source: 'beckon:replay/online-retail',
    id: order.id,
    subject: order.customer,
    timeMs: order.timeMs,
    data: cancelled || lines.length === 0 ? total : { ...total, lines },
    extensions: undefined,
  };
};
