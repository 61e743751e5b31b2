import { HOUR_MS } from './calendar.ts';
import { MoneyBins } from './money-bins.ts';
import type { Setting } from './setting.ts';

/** Counts that the report sets beside figures from practice. */
export class Figures {
  events = 0;
  dialed = 0;
  answered = 0;
  busy = 0;
  noAnswer = 0;
  aiAnswered = 0;
  aiLeads = 0;
  /** Selling messages by SMS, and those of them that were clicked or answered. */
  smsSent = 0;
  smsResponded = 0;
  orders = 0;
  refunds = 0;
  buyers = 0;
  onceBuyers = 0;
  revenue = 0;
  onceRevenue = 0;
  /** By source: those who joined without an order long enough ago, and those of them who bought since. */
  readonly prospects: number[];
  readonly converted: number[];
  /** What buyers have spent. */
  readonly spent = new MoneyBins();
  /** Looks and orders by hour of the run. */
  readonly byHour: Uint32Array;
  private readonly firstMs: number;

  constructor({ file, days, firstDay, startMs }: Setting) {
    this.prospects = file.people.sources.map(() => 0);
    this.converted = file.people.sources.map(() => 0);
    this.byHour = new Uint32Array((days - firstDay) * 24);
    this.firstMs = startMs + firstDay * 24 * HOUR_MS;
  }

  /** Something that a customer has done. */
  countHour(timeMs: number): void {
    this.byHour[Math.floor((timeMs - this.firstMs) / HOUR_MS)]++;
  }

  /** @param prospectOf index of the source of those who joined without an order, long enough ago; -1 for others */
  addLife(orders: number, spent: number, prospectOf: number): void {
    if (prospectOf >= 0) {
      this.prospects[prospectOf]++;
      if (orders > 0) this.converted[prospectOf]++;
    }
    if (orders === 0) return;
    this.buyers++;
    this.revenue += spent;
    this.spent.add(spent);
    if (orders > 1) return;
    this.onceBuyers++;
    this.onceRevenue += spent;
  }
}
