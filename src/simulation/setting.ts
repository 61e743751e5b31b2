import { DAY_MS, type MarketDay, marketDay, startMsOf } from './calendar.ts';
import { drifted } from './market.ts';
import type { MarketFile } from './market-schema.ts';
import { Truth } from './truth.ts';

/** What is the same for all people of a run. */
export class Setting {
  readonly file: MarketFile;
  readonly seed: number;
  readonly days: number;
  readonly startMs: number;
  readonly endMs: number;
  /** The first day of the history. */
  readonly firstDay: number;
  /** Revenue of a customer from which they are among the top fifth of buyers: what an operator knows of his business. */
  topFifthSpent = Number.POSITIVE_INFINITY;
  private readonly before: Truth;
  private readonly after: Truth;
  private readonly driftDay: number;
  private readonly calendar: MarketDay[];

  /** @param days of decisions, after the history */
  constructor(file: MarketFile, seed: number, days: number) {
    this.file = file;
    this.seed = seed;
    this.days = days;
    this.firstDay = -file.historyDays;
    this.startMs = startMsOf(file);
    this.endMs = this.startMs + days * DAY_MS;
    this.before = new Truth(file);
    this.after = file.drift === undefined ? this.before : new Truth(drifted(file));
    this.driftDay = file.drift === undefined ? days : Math.round(days * file.drift.at);
    this.calendar = Array.from({ length: days + file.historyDays }, (_, i) =>
      marketDay(this.truthOn(this.firstDay + i).file, this.firstDay + i),
    );
  }

  truthOn(day: number): Truth {
    return day < this.driftDay ? this.before : this.after;
  }

  /** @param day of the run, the history's below 0 */
  dayOf(day: number): MarketDay {
    return this.calendar[day - this.firstDay];
  }
}
