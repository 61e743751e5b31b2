import type { ManifestColumn } from '../inference/manifest.ts';
import { HOURS_OF_DAY } from './own-hours.ts';

const HOURS_OF_WEEK = 7 * HOURS_OF_DAY;
const SATURDAY = 5;
const HOUR_SEC = 3600;
/** 1 January 1970 was a Thursday; the week of the tables begins on Monday. */
const EPOCH_HOUR = 3 * HOURS_OF_DAY;
/** How far ahead a contact may be put off. */
const AHEAD_HOURS = 48;
/** What an hour of waiting must gain in log-odds: of two hours that are about as good, the sooner. */
const WAIT_PER_HOUR = 0.01;
const EDGE = 1e-6;

/** The hour of the business that a time lies in. */
export interface LocalHour {
  /** Since the epoch, in the business's time. */
  readonly number: number;
  readonly ofDay: number;
  readonly ofWeek: number;
}

/** @param zoneOffsetSec seconds east of UTC */
export const localHour = (sec: number, zoneOffsetSec: number): LocalHour => {
  const number = Math.floor((sec + zoneOffsetSec) / HOUR_SEC);
  return { number, ofDay: number % HOURS_OF_DAY, ofWeek: (number + EPOCH_HOUR) % HOURS_OF_WEEK };
};

/** When an hour begins, ms since the epoch. */
export const hourStartMs = (number: number, zoneOffsetSec: number): number =>
  (number * HOUR_SEC - zoneOffsetSec) * 1000;

/** The hours of one probability: what each adds to its log-odds, and which of the next ones is best. */
export class BestHour {
  /** What the last {@link choose} found: hours from now on, and what that hour adds. */
  delay = 0;
  term = 0;
  /** By hour of the week, and on into the next. */
  private readonly terms: Float64Array;
  /** How many hours there are to look at, by hour of the week: the second day mostly repeats the first, later. */
  private readonly hours: Uint8Array;
  /** The best delay for somebody whose own hours are not known, by hour of the week. */
  private readonly delays: Uint8Array;
  private readonly ownWeight: number;

  constructor(hours: ManifestColumn['hours']) {
    const day = hours?.terms ?? new Array<number>(HOURS_OF_DAY).fill(0);
    const weekend = hours?.weekendTerms ?? day;
    this.terms = Float64Array.from({ length: HOURS_OF_WEEK + AHEAD_HOURS }, (_, hour) =>
      hour % HOURS_OF_WEEK < SATURDAY * HOURS_OF_DAY ? day[hour % HOURS_OF_DAY] : weekend[hour % HOURS_OF_DAY],
    );
    this.hours = Uint8Array.from({ length: HOURS_OF_WEEK }, (_, ofWeek) => this.horizon(ofWeek));
    this.ownWeight = hours?.own ?? 1;
    const none = new Float64Array(HOURS_OF_DAY);
    this.delays = Uint8Array.from({ length: HOURS_OF_WEEK }, (_, ofWeek) => this.search(ofWeek, 0, none, 0));
  }

  /**
   * @param own the customer's own terms from `at` on
   * @param isOwn false where there are none
   */
  choose(now: LocalHour, own: Float64Array, at: number, isOwn: boolean): void {
    this.delay = isOwn ? this.search(now.ofWeek, now.ofDay, own, at) : this.delays[now.ofWeek];
    const { delay } = this;
    const ownTerm = isOwn ? this.ownWeight * own[at + ((now.ofDay + delay) % HOURS_OF_DAY)] : 0;
    this.term = this.terms[now.ofWeek + delay] + ownTerm;
  }

  private horizon(ofWeek: number): number {
    for (let hour = ofWeek; hour < ofWeek + HOURS_OF_DAY; hour++)
      if (this.terms[hour + HOURS_OF_DAY] > this.terms[hour] + WAIT_PER_HOUR * HOURS_OF_DAY) return AHEAD_HOURS;
    return HOURS_OF_DAY;
  }

  private search(ofWeek: number, ofDay: number, own: Float64Array, at: number): number {
    const { terms, ownWeight } = this;
    let best = Number.NEGATIVE_INFINITY;
    let delay = 0;
    const end = this.hours[ofWeek];
    let from = at + ofDay;
    for (let hours = 0; hours < end; hours++) {
      const worth = terms[ofWeek + hours] + ownWeight * own[from] - WAIT_PER_HOUR * hours;
      if (++from === at + HOURS_OF_DAY) from = at;
      // Equal to the last digits is equal: sums of other order must not put anybody off.
      if (worth > best + EDGE) {
        best = worth;
        delay = hours;
      }
    }
    return delay;
  }
}

/** A probability with a term added to its log-odds. */
export const shifted = (probability: number, term: number): number => {
  if (term === 0) return probability;
  const inside = Math.min(1 - EDGE, Math.max(EDGE, probability));
  return 1 / (1 + ((1 - inside) / inside) * Math.exp(-term));
};
