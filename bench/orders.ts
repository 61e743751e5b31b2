import { closeSync, openSync, writeSync } from 'node:fs';
import { randomOf } from './random.ts';

const DAY_MS = 86_400_000;
const HISTORY_DAYS = 400;
const SURFACES = ['mini_program', 'app', 'store', 'live'];
const WRITE_CHARS = 1024 * 1024;

/** `C0000042`: all ids have one length, so that every body of a kind has about one size. */
export const customerIdOf = (customer: number): string => `C${String(customer).padStart(7, '0')}`;

/** Structured CloudEvents of orders, about 300 bytes each: same seed, same orders; days are counted back from today. */
export class OrderMaker {
  private readonly random: () => number;
  private readonly prefix: string;
  private readonly todayMs: number;
  private count = 0;

  /** @param prefix of the event ids: another prefix, other events. */
  constructor(seed: number, prefix: string, todayMs: number) {
    this.random = randomOf(seed);
    this.prefix = prefix;
    this.todayMs = todayMs;
  }

  /** An order of this customer at some time of the last 400 days, as JSON text. */
  next(customer: number): string {
    const { random } = this;
    const number = this.count++;
    // Most customers bought lately: the square puts half of the orders into the last quarter of the time.
    const timeMs = this.todayMs - Math.floor(random() ** 2 * HISTORY_DAYS * DAY_MS);
    const price = Math.round(500 + random() * 20_000) / 100;
    const quantity = 1 + Math.floor(random() * 4);
    const sku = `S${Math.floor(random() * 2000)}`;
    const store = `store-${Math.floor(random() * 60)}`;
    const surface = SURFACES[Math.floor(random() * SURFACES.length)];
    return (
      `{"specversion":"1.0","type":"order.placed","source":"/shop/orders","id":"${this.prefix}-${number}",` +
      `"subject":"${customerIdOf(customer)}","time":"${new Date(timeMs).toISOString()}","data":{"orderId":"${number}",` +
      `"amount":${((price * quantity * 100) / 100).toFixed(2)},"discount":0,"storeId":"${store}","surface":"${surface}",` +
      `"lines":[{"sku":"${sku}","quantity":${quantity},"price":${price}}]}}`
    );
  }
}

/** The start of today in UTC. */
export const todayMs = (): number => Math.floor(Date.now() / DAY_MS) * DAY_MS;

/** Writes a file of orders, one a line: the first `customers` name each customer once, the rest random ones. */
export const writeOrders = (path: string, orders: number, customers: number, seed: number): void => {
  const maker = new OrderMaker(seed, `load-${seed}`, todayMs());
  const random = randomOf(seed + 1);
  const file = openSync(path, 'w');
  let text = '';
  for (let i = 0; i < orders; i++) {
    text += `${maker.next(i < customers ? i : Math.floor(random() * customers))}\n`;
    if (text.length < WRITE_CHARS && i < orders - 1) continue;
    writeSync(file, text);
    text = '';
  }
  closeSync(file);
};
