import type { Selector } from '../features/selector.ts';

/** When customers did what a label looks for. Customers are numbers here, as small as may be. */
export class LabelEvents {
  readonly selector: Selector;
  private readonly customers: number[] = [];
  private readonly addedMs: number[] = [];
  /** Times of customer c, rising: `timesMs[starts[c]]` to `timesMs[starts[c + 1] - 1]`. */
  private starts = new Uint32Array(1);
  private timesMs = new Float64Array(0);

  constructor(selector: Selector) {
    this.selector = selector;
  }

  add(customer: number, timeMs: number): void {
    this.customers.push(customer);
    this.addedMs.push(timeMs);
  }

  /** Once, after the last `add` and before the first question. @param customers above every number added */
  index(customers: number): void {
    this.starts = new Uint32Array(customers + 1);
    for (const customer of this.customers) this.starts[customer + 1]++;
    for (let c = 0; c < customers; c++) this.starts[c + 1] += this.starts[c];
    this.timesMs = new Float64Array(this.customers.length);
    const next = this.starts.slice();
    for (let i = 0; i < this.customers.length; i++) this.timesMs[next[this.customers[i]]++] = this.addedMs[i];
    for (let c = 0; c < customers; c++) this.timesMs.subarray(this.starts[c], this.starts[c + 1]).sort();
  }

  /** Whether the customer did it in [fromMs, toMs). */
  hasBetween(customer: number, fromMs: number, toMs: number): boolean {
    let low = this.starts[customer];
    const end = this.starts[customer + 1];
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.timesMs[middle] < fromMs) low = middle + 1;
      else high = middle;
    }
    return low < end && this.timesMs[low] < toMs;
  }
}
