import type { Selector } from '../features/selector.ts';

/** An event that makes a moment: its customer, time, and offset in the log. */
interface MomentEvent {
  readonly customer: number;
  readonly timeMs: number;
  readonly offset: number;
}

/** The events of a log that make moments, of customers told as small numbers. */
export class MomentEvents {
  readonly selector: Selector;
  private readonly customers: number[] = [];
  private readonly timesMs: number[] = [];
  private readonly offsets: number[] = [];
  private readonly fromMs: number;
  private readonly toMs: number;

  /** Only events from `fromMs` to `toMs`, both included, make moments. */
  constructor(selector: Selector, fromMs: number, toMs: number) {
    this.selector = selector;
    this.fromMs = fromMs;
    this.toMs = toMs;
  }

  /** @param offset of the event in the log */
  add(customer: number, timeMs: number, offset: number): void {
    if (timeMs < this.fromMs || timeMs > this.toMs) return;
    this.customers.push(customer);
    this.timesMs.push(timeMs);
    this.offsets.push(offset);
  }

  /**
   * The moments in the order of time, those of one time in the order of `ranks`; a customer has one row a time.
   * @param ranks places of the customers among each other, by number
   */
  sorted(ranks: Uint32Array): MomentEvent[] {
    const { timesMs, offsets } = this;
    const moments = this.customers.map((customer, i) => ({ customer, timeMs: timesMs[i], offset: offsets[i] }));
    moments.sort((a, b) => a.timeMs - b.timeMs || ranks[a.customer] - ranks[b.customer]);
    return moments.filter(
      ({ customer, timeMs }, i) => i === 0 || timeMs !== moments[i - 1].timeMs || customer !== moments[i - 1].customer,
    );
  }
}
