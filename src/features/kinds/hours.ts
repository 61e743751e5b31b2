import Type from 'typebox';
import { DURATION } from '../duration.ts';
import type { FeatureSpec, Kind, PlanBuilder } from '../kind.ts';
import { type Form, oneByOne, type Reading, reading } from '../reading.ts';
import type { RowView } from '../row.ts';
import { number, setValue, statements, word } from '../row-code.ts';
import { compileSelector, type SelectorSpec, selectorProblem } from '../selector.ts';
import { decayedBins } from './decayed-bins.ts';
import { RATE_FIELDS } from './rate.ts';

const DAY_SEC = 86_400;
const HOUR_SEC = 3600;
/** 1 January 1970 was a Thursday; weekdays count from Monday = 0. */
const EPOCH_WEEKDAY = 3;

interface HoursSpec extends FeatureSpec {
  readonly bins: 'hour' | 'weekday';
  readonly from?: number;
  readonly to?: number;
  readonly of?: SelectorSpec;
  readonly prior: { readonly rate: number; readonly weight: number };
}

/** Bits of a bin, chosen so that a histogram takes 6 words (hours) or 4 (weekdays). */
const SHAPES = { hour: { bins: 24, bits: 8 }, weekday: { bins: 7, bits: 16 } } as const;

interface BinRange {
  /** First word of the histogram. */
  readonly first: number;
  /** For each word from there the bits of the bins. */
  readonly masks: Uint32Array;
}

/** A histogram with small saturating bins: order and merges cannot be told from it. */
class Histogram {
  readonly words: number;
  readonly bins: number;
  private readonly bits: number;
  private readonly perWord: number;
  private readonly full: number;

  constructor(shape: { bins: number; bits: number }) {
    this.bins = shape.bins;
    this.bits = shape.bits;
    this.perWord = 32 / shape.bits;
    this.words = Math.ceil(shape.bins / this.perWord);
    this.full = 2 ** shape.bits - 1;
  }

  get(row: RowView, offset: number, bin: number): number {
    const word = Math.floor(bin / this.perWord);
    return (row.u32[row.base + offset + word] >>> ((bin % this.perWord) * this.bits)) & this.full;
  }

  /** The bins `from` ≤ bin < `to` as the words that they are in. */
  range(from: number, to: number): BinRange {
    const first = Math.floor(from / this.perWord);
    const masks = new Uint32Array(Math.ceil(to / this.perWord) - first);
    for (let bin = from; bin < to; bin++)
      masks[Math.floor(bin / this.perWord) - first] |= this.full << ((bin % this.perWord) * this.bits);
    return { first, masks };
  }

  /** JavaScript that adds up the bins of a range, all bins of a word at once, by the names to declare; the last is the sum. */
  sumCode(name: string, offset: number, { first, masks }: BinRange): Record<string, string> {
    const names: Record<string, string> = {};
    const sums = Array.from(masks, (mask, i) => {
      const bins = `${name}${i}`;
      const halves = `${bins}h`;
      names[bins] = `${word(offset + first + i)}&${mask}`;
      names[halves] = this.bits === 16 ? bins : `(${bins}&16711935)+(${bins}>>>8&16711935)`;
      return `(${halves}&65535)+(${halves}>>>16)`;
    });
    names[name] = sums.join('+');
    return names;
  }

  add(row: RowView, offset: number, bin: number, by: number): void {
    const at = row.base + offset + Math.floor(bin / this.perWord);
    const shift = (bin % this.perWord) * this.bits;
    const value = Math.min(this.full, ((row.u32[at] >>> shift) & this.full) + by);
    row.u32[at] = (row.u32[at] & ~(this.full << shift)) | (value << shift);
  }
}

const binOf = (bins: HoursSpec['bins'], localSec: number): number =>
  bins === 'hour' ? Math.floor((localSec % DAY_SEC) / HOUR_SEC) : (Math.floor(localSec / DAY_SEC) + EPOCH_WEEKDAY) % 7;

const histogramCell = (
  bins: HoursSpec['bins'],
  events: SelectorSpec,
  histogram: Histogram,
  plan: PlanBuilder,
): number => {
  const selector = compileSelector(events, plan.items);
  return plan.cell(`hours ${bins} ${selector.key}`, histogram.words, (at) => ({
    selector,
    apply: (row, facts) => histogram.add(row, at, binOf(bins, facts.sec + plan.zoneOffsetSec), 1),
    merge(into, from) {
      for (let bin = 0; bin < histogram.bins; bin++) histogram.add(into, at, bin, histogram.get(from, at, bin));
    },
  }));
};

interface Share {
  readonly histogram: Histogram;
  readonly hits: number;
  readonly inside: BinRange;
  readonly trials: number;
  readonly among: BinRange;
  readonly expected: number;
  readonly weight: number;
}

const SHARES: Form<Share> = (features) =>
  statements(features, ({ position, histogram, hits, inside, trials, among, expected, weight }) => {
    const names = { ...histogram.sumCode('k', hits, inside), ...histogram.sumCode('n', trials, among) };
    return setValue(position, `(k+${number(expected)})/(n+${number(weight)})`, names);
  });

/**
 * Over the hours `from` ≤ hour < `to` (or weekdays, Monday = 0) in the time of the business: the share of the events
 * that fall there, or with `of` the rate of events among those of `of` there; smoothed, (k + weight × rate) / (n + weight).
 * With `halfLife` an event weighs half after each half-life: a float a bin and a word, instead of small counters.
 */
export const hours: Kind = {
  name: 'hours',
  schema: Type.Object({
    bins: Type.Union([Type.Literal('hour'), Type.Literal('weekday')]),
    from: Type.Integer({ minimum: 0, maximum: 23 }),
    to: Type.Integer({ minimum: 1, maximum: 24 }),
    of: Type.Optional(RATE_FIELDS.of),
    prior: RATE_FIELDS.prior,
    halfLife: Type.Optional(DURATION),
  }),
  selects: true,
  exact: true,
  problem(spec) {
    const { bins, from = 0, to = 0, of } = spec as HoursSpec;
    if (to > SHAPES[bins].bins) return `\`to\` must be at most ${SHAPES[bins].bins}`;
    if (from >= to) return '`from` must be less than `to`';
    const problem = of === undefined ? undefined : selectorProblem(of, true);
    return problem === undefined ? undefined : `\`of\` ${problem}`;
  },
  compile(spec, plan) {
    const { bins, from = 0, to = 0, of, prior } = spec as HoursSpec;
    if (spec.halfLife !== undefined) return decayedShare(spec as HoursSpec, plan);
    const histogram = new Histogram(SHAPES[bins]);
    const offset = histogramCell(bins, spec, histogram, plan);
    const trials = of === undefined ? undefined : histogramCell(bins, of, histogram, plan);
    const inside = histogram.range(from, to);
    const among = trials === undefined ? histogram.range(0, histogram.bins) : inside;
    const { weight } = prior;
    const expected = weight * prior.rate;
    return reading(SHARES, { histogram, hits: offset, inside, trials: trials ?? offset, among, expected, weight });
  },
};

const decayedShare = (spec: HoursSpec, plan: PlanBuilder): Reading => {
  const { bins, from = 0, to = 0, of, prior } = spec;
  const count = SHAPES[bins].bins;
  const histogram = (events: SelectorSpec) =>
    decayedBins(bins, events, spec.halfLife as string, count, (sec) => binOf(bins, sec + plan.zoneOffsetSec), plan);
  const hits = histogram(spec);
  const trials = histogram(of ?? spec);
  const [first, end] = of === undefined ? [0, count] : [from, to];
  const { rate, weight } = prior;
  return oneByOne(
    (row, ask) => (hits(row, ask.sec, from, to) + weight * rate) / (trials(row, ask.sec, first, end) + weight),
  );
};
