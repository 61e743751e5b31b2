import type { Feature, FeaturePlan } from './plan.ts';
import type { RowView } from './row.ts';

const HOURS = 24;
/** A small counter is a byte; with a half-life a bin is a float, and the second of the last one stands behind them. */
const COUNTER_WORDS = 6;

interface Histogram {
  readonly offset: number;
  readonly isDecayed: boolean;
}

/** The bins behind a feature of the kind `hours` with `bins: hour`, all 24 at once. */
export class HourCounts {
  /** Of the feature's `prior`. */
  readonly rate: number;
  readonly weight: number;
  /** Whether hits are counted among trials of the same hour (`of`), or among all hits. */
  readonly isRate: boolean;
  private readonly hits: Histogram;
  private readonly trials: Histogram;

  constructor(plan: FeaturePlan, feature: Feature) {
    const { prior, of } = feature.spec as { prior?: { rate: number; weight: number }; of?: unknown };
    const histogram = (key: string): Histogram => {
      const placed = plan.cells.find((cell) => cell.key === key);
      if (placed === undefined) throw new Error(`no cell ${key}`);
      return { offset: placed.offset, isDecayed: placed.words !== COUNTER_WORDS };
    };
    const [hits, trials = hits] = feature.cells.map(histogram);
    this.hits = hits;
    this.trials = trials;
    this.isRate = of !== undefined;
    this.rate = prior?.rate ?? 0;
    this.weight = prior?.weight ?? 1;
  }

  /** @returns how many hits and trials there are in all; the bins are in `hits` and `trials`, decayed ones as last stored */
  read(row: RowView, hits: Float64Array, trials: Float64Array): number {
    read(row, this.hits, hits);
    return this.isRate ? read(row, this.trials, trials) : sum(hits);
  }
}

const read = ({ u32, f32, base }: RowView, { offset, isDecayed }: Histogram, into: Float64Array): number => {
  const at = base + offset;
  if (isDecayed) for (let hour = 0; hour < HOURS; hour++) into[hour] = f32[at + hour];
  else
    for (let word = 0; word < COUNTER_WORDS; word++) {
      const bytes = u32[at + word];
      into[word * 4] = bytes & 0xff;
      into[word * 4 + 1] = (bytes >>> 8) & 0xff;
      into[word * 4 + 2] = (bytes >>> 16) & 0xff;
      into[word * 4 + 3] = bytes >>> 24;
    }
  return sum(into);
};

const sum = (bins: Float64Array): number => {
  let total = 0;
  for (let hour = 0; hour < HOURS; hour++) total += bins[hour];
  return total;
};
