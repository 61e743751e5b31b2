import type { HourCounts } from '../features/hour-counts.ts';
import type { RowView } from '../features/row.ts';

export const HOURS_OF_DAY = 24;
/** A neighbour of an hour counts half. */
const KERNEL = 4;
/** e^3 is 20 times the odds: more is chance. */
const TERM_MAX = 3;

/**
 * A customer's own hours: what an hour adds to the log-odds, from the bins of a feature of the kind `hours`, smoothed over
 * the neighbours and towards 0 by the feature's prior weight w. With k hits (of n trials) around the hour and K (of N) in
 * all, each already summed with its neighbours:
 * ```
 *   rate among trials   logit((k + 4 w r) / (n + 4 w)) - logit(r)     r = (K + w × prior rate) / (N + w)
 *   share of all hits   log((k + w) / (4 K / 24 + w))                 against a day on which all hours are alike
 * ```
 */
export class OwnHours {
  private readonly counts: HourCounts;
  private readonly hits = new Float64Array(HOURS_OF_DAY);
  private readonly trials = new Float64Array(HOURS_OF_DAY);

  constructor(counts: HourCounts) {
    this.counts = counts;
  }

  /** Writes the 24 terms from `at` on. @returns false where nothing is known of the customer's hours: write none, add none */
  read(row: RowView, terms: Float64Array, at: number): boolean {
    const { counts, hits, trials } = this;
    const total = counts.read(row, hits, trials);
    if (total === 0) return false;
    if (counts.isRate) this.rates(total, terms, at);
    else this.shares(total, terms, at);
    return true;
  }

  private rates(total: number, terms: Float64Array, at: number): void {
    const { hits, trials, counts } = this;
    const { rate, weight } = counts;
    let sum = 0;
    for (let hour = 0; hour < HOURS_OF_DAY; hour++) sum += hits[hour];
    const own = (sum + weight * rate) / (total + weight);
    const priorHits = KERNEL * weight * own;
    const priorMisses = KERNEL * weight * (1 - own);
    const level = Math.log(own / (1 - own));
    for (let hour = 0; hour < HOURS_OF_DAY; hour++) {
      const k = around(hits, hour);
      const n = around(trials, hour);
      terms[at + hour] = bounded(Math.log((k + priorHits) / (Math.max(0, n - k) + priorMisses)) - level);
    }
  }

  private shares(total: number, terms: Float64Array, at: number): void {
    const { hits, counts } = this;
    const { weight } = counts;
    const level = Math.log((KERNEL * total) / HOURS_OF_DAY + weight);
    for (let hour = 0; hour < HOURS_OF_DAY; hour++)
      terms[at + hour] = bounded(Math.log(around(hits, hour) + weight) - level);
  }
}

const around = (bins: Float64Array, hour: number): number =>
  2 * bins[hour] + bins[hour === 0 ? HOURS_OF_DAY - 1 : hour - 1] + bins[hour === HOURS_OF_DAY - 1 ? 0 : hour + 1];

const bounded = (term: number): number => Math.min(TERM_MAX, Math.max(-TERM_MAX, term));
