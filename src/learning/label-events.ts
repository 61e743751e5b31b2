import { hashText } from '../base/hash.ts';
import type { Selector } from '../features/selector.ts';
import type { Label, Reversal } from '../packs/labels.ts';
import { NumberList } from './number-list.ts';
import type { People } from './people.ts';

/** Adding up parts of an amount may end this share below it. */
const ROUNDING = 1e-9;

/** So many are sorted faster by moving each into its place. */
const FEW = 32;

type Data = Readonly<Record<string, unknown>>;

/** How a customer's event was taken back: when, and how much of it. */
interface Step {
  customer: number;
  readonly timeMs: number;
  readonly amount: number;
}

/**
 * When customers did what labels look for, and when it was taken back. Customers are small numbers here. Labels that
 * differ in their times only have the same {@link LabelEvents.keyOf} and share their events.
 */
export class LabelEvents {
  readonly selector: Selector;
  readonly reversal: Reversal | undefined;
  readonly same: string | undefined;
  private readonly added = {
    customers: new NumberList(),
    timesMs: new NumberList(),
    offsets: new NumberList(),
    sameKeys: new NumberList(),
    /** Places of events that make moments, rising. */
    moments: new NumberList(),
  };
  /** By event, once they are all there. */
  private customers = new Uint32Array(0);
  private addedMs = new Float64Array(0);
  private areMoments = new Uint8Array(0);
  /** Hash of the field that it has in common with the event of its moment. */
  private sameKeys = new Float64Array(0);
  /** By hash of the field that they have in common with what they take back. */
  private readonly reversals = new Map<number, Step[]>();
  /** Events of customer c, in the order of time: `order[starts[c]]` to `order[starts[c + 1] - 1]`. */
  private starts = new Uint32Array(1);
  private order = new Uint32Array(0);
  /** By event: when it was taken back, Infinity where it stands. */
  private reversedMs = new Float64Array(0);

  constructor({ selector, reversal, same }: Label) {
    this.selector = selector;
    this.same = same;
    this.reversal = reversal;
  }

  static keyOf({ selector, reversal, same }: Label): string {
    return JSON.stringify([selector.key, same, reversal?.selector.key, reversal?.same, reversal?.amount]);
  }

  /**
   * @param isMoment whether the event makes a moment, and so is no outcome of that moment
   * @param offset of the event in the log
   * @param data of the event, for labels with `same`
   */
  add(customer: number, timeMs: number, isMoment: boolean, offset: number, data: () => Data): void {
    const { customers, timesMs, offsets, sameKeys, moments } = this.added;
    if (isMoment) moments.push(customers.length);
    customers.push(customer);
    timesMs.push(timeMs);
    if (this.reversal !== undefined) offsets.push(offset);
    if (this.same !== undefined) sameKeys.push(keyOf(data()[this.same]));
  }

  /** An event of the label's reversal. */
  reverse(customer: number, timeMs: number, data: Data): void {
    const { same, amount } = this.reversal!;
    const key = keyOf(data[same]);
    if (Number.isNaN(key)) return;
    const step = { customer, timeMs, amount: amount === undefined ? 0 : Number(data[amount] ?? 0) };
    const steps = this.reversals.get(key);
    if (steps === undefined) this.reversals.set(key, [step]);
    else steps.push(step);
  }

  /**
   * Once, after the last event and before the first question; from then on customers are asked for by their person.
   * @param customers above every number added
   * @param dataAt the data of the event at an offset: asked only for customers who have taken something back
   */
  index(customers: number, people: People, dataAt: (offset: number) => Data): void {
    const { added } = this;
    const addedMs = added.timesMs.all;
    this.addedMs = addedMs;
    this.sameKeys = added.sameKeys.all;
    this.customers = new Uint32Array(addedMs.length);
    const customersAdded = added.customers.all;
    for (let i = 0; i < addedMs.length; i++) this.customers[i] = people.of(customersAdded[i]);
    this.areMoments = new Uint8Array(addedMs.length);
    for (const place of added.moments.all) this.areMoments[place] = 1;
    for (const steps of this.reversals.values()) for (const step of steps) step.customer = people.of(step.customer);
    this.starts = new Uint32Array(customers + 1);
    for (let i = 0; i < addedMs.length; i++) this.starts[this.customers[i] + 1]++;
    for (let c = 0; c < customers; c++) this.starts[c + 1] += this.starts[c];
    this.order = new Uint32Array(addedMs.length);
    const next = this.starts.slice();
    for (let i = 0; i < addedMs.length; i++) this.order[next[this.customers[i]]++] = i;
    for (let c = 0; c < customers; c++) this.sort(this.starts[c], this.starts[c + 1]);
    for (const steps of this.reversals.values()) steps.sort((a, b) => a.timeMs - b.timeMs);
    this.reversedMs = new Float64Array(addedMs.length).fill(Number.POSITIVE_INFINITY);
    this.reverseAll(dataAt);
  }

  /**
   * Whether the customer did it in the label's time after the moment and it was not taken back.
   * @param isOwn whether an event at the moment may be the one that made it
   * @param said data of the event that made the moment
   */
  holds(
    { withinSec, reversal, same }: Label,
    customer: number,
    momentMs: number,
    isOwn: boolean,
    said?: Data,
  ): boolean {
    const { order, addedMs, reversedMs, areMoments, sameKeys } = this;
    const key = same === undefined ? undefined : keyOf(said?.[same]);
    const endMs = momentMs + withinSec * 1000;
    const end = this.starts[customer + 1];
    let low = this.starts[customer];
    for (let high = end; low < high; ) {
      const middle = (low + high) >>> 1;
      if (addedMs[order[middle]] < momentMs) low = middle + 1;
      else high = middle;
    }
    for (; low < end; low++) {
      const event = order[low];
      const timeMs = addedMs[event];
      if (timeMs >= endMs) return false;
      if (isOwn && timeMs === momentMs && areMoments[event] === 1) continue;
      if (key !== undefined && sameKeys[event] !== key) continue;
      const untilMs = reversal?.withinSec === undefined ? endMs : timeMs + reversal.withinSec * 1000;
      if (reversedMs[event] >= untilMs) return true;
    }
    return false;
  }

  /** The events of a customer, who mostly has few. */
  private sort(start: number, end: number): void {
    const { order, addedMs } = this;
    if (end - start > FEW) {
      order.subarray(start, end).sort((a, b) => addedMs[a] - addedMs[b]);
      return;
    }
    for (let i = start + 1; i < end; i++) {
      const event = order[i];
      let at = i;
      for (; at > start && addedMs[order[at - 1]] > addedMs[event]; at--) order[at] = order[at - 1];
      order[at] = event;
    }
  }

  private reverseAll(dataAt: (offset: number) => Data): void {
    const { reversal } = this;
    if (reversal === undefined || this.reversals.size === 0) return;
    const offsets = this.added.offsets.all;
    const reversers = new Set<number>();
    for (const steps of this.reversals.values()) for (const { customer } of steps) reversers.add(customer);
    for (let i = 0; i < this.customers.length; i++) {
      if (!reversers.has(this.customers[i])) continue;
      const data = dataAt(offsets[i]);
      const amount = reversal.amount === undefined ? 0 : Number(data[reversal.amount] ?? Number.NaN);
      this.reversedMs[i] = this.reversedAt(this.customers[i], keyOf(data[reversal.same]), amount);
    }
  }

  private reversedAt(customer: number, key: number, amount: number): number {
    const enough = amount * (1 - ROUNDING);
    let sum = 0;
    for (const step of this.reversals.get(key) ?? []) {
      if (step.customer !== customer) continue;
      sum += step.amount;
      if (sum >= enough) return step.timeMs;
    }
    return Number.POSITIVE_INFINITY;
  }
}

/** From when on a label of a moment is certain: what could still be taken back is waited for, whatever it would be. */
export const knownMs = ({ withinSec, reversal }: Label, momentMs: number): number =>
  momentMs + (withinSec + (reversal?.withinSec ?? 0)) * 1000;

/** 53 bits of a hash: exact as a number, and compared within one customer only. NaN where the event has no such field. */
const keyOf = (value: unknown): number => {
  if (value === undefined || value === null) return Number.NaN;
  const text = `${typeof value}${value}`;
  return hashText(text, 1) * 2 ** 21 + (hashText(text, 2) >>> 11);
};
