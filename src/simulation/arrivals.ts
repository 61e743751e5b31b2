import { DAY_MS } from './calendar.ts';

/** Days that something may arrive after the day on which it was made: refunds and late events lie well within. */
const DAYS_AHEAD_MAX = 62;
/** Lines of a day. Times this many, the milliseconds of the day stay a whole number in a double. */
const LINES_MAX = 2 ** 24;

/** Lines that wait for the day on which they arrive. */
export class Arrivals {
  private readonly texts: string[][] = Array.from({ length: DAYS_AHEAD_MAX + 2 }, () => []);
  private readonly timesMs: number[][] = Array.from({ length: DAYS_AHEAD_MAX + 2 }, () => []);
  private readonly zeroMs: number;
  private dayStartMs: number;

  /** @param startMs beginning of the first day that will be given out */
  constructor(startMs: number) {
    this.zeroMs = startMs;
    this.dayStartMs = startMs;
  }

  /** What lies before the day that is given out next comes on it. */
  add(arrivalMs: number, text: string): void {
    const { dayStartMs } = this;
    const ahead = Math.min(DAYS_AHEAD_MAX, Math.max(0, Math.floor((arrivalMs - dayStartMs) / DAY_MS)));
    const bucket = this.bucketOf(dayStartMs + ahead * DAY_MS);
    this.texts[bucket].push(text);
    this.timesMs[bucket].push(arrivalMs);
  }

  /** The lines of the next day in the order in which they arrive. */
  *nextDay(): Generator<string> {
    const bucket = this.bucketOf(this.dayStartMs);
    const texts = this.texts[bucket];
    const timesMs = this.timesMs[bucket];
    this.texts[bucket] = [];
    this.timesMs[bucket] = [];
    // Sorting numbers alone is several times as fast as sorting by a function. Lines of one time keep the order in which
    // they were made: a cause stands before its effect.
    const keys = new Float64Array(texts.length);
    for (let i = 0; i < keys.length; i++)
      keys[i] = Math.max(0, Math.floor(timesMs[i] - this.dayStartMs)) * LINES_MAX + i;
    keys.sort();
    this.dayStartMs += DAY_MS;
    for (const key of keys) yield texts[key % LINES_MAX];
  }

  private bucketOf(ms: number): number {
    return Math.round((ms - this.zeroMs) / DAY_MS) % this.texts.length;
  }
}
