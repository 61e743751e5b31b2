import type { RowRuns } from './run-row.ts';
import type { Sample } from './sample.ts';

/** What a row has come to: medians over its pairs. */
export interface RowResult {
  readonly name: string;
  readonly product: string;
  readonly ceiling: string;
  readonly unit: string;
  readonly notes: readonly string[];
  /** Units a second of wall time. */
  readonly ceilingPerSec: number;
  readonly productPerSec: number;
  /** Units a CPU second of the side that is measured. */
  readonly ceilingPerCpuSec: number;
  readonly productPerCpuSec: number;
  readonly ratioByWall: number;
  readonly ratioByCpu: number;
  /** The smaller one: wall time flatters where the client is the bottleneck, CPU time where the product waits. */
  readonly ratio: number;
  /** Least and greatest of the pairs, of the kind that `ratio` is. */
  readonly ratioRange: readonly [number, number];
  /** Part of its core that the ceiling has used; well below 1 the client was the bottleneck. */
  readonly ceilingBusy: number;
  readonly productBusy: number;
  readonly latencyMs?: { readonly ceiling: readonly [number, number]; readonly product: readonly [number, number] };
  readonly answersChecked: number;
  readonly bar: RowRuns['row']['bar'];
  readonly verdict: 'excellent' | 'pass' | 'short';
  /** Promised, and below a third of the bar: no shared machine explains that. Bars in units a second are never held so. */
  readonly isFarShort: boolean;
  readonly runs: { readonly ceilings: readonly Sample[]; readonly products: readonly Sample[] };
}

/** Other work on both cores has halved ratios that a quiet machine reaches. */
const FAR_SHORT_PART = 3;

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const perSec = ({ work, wallSec }: Sample): number => work / wallSec;
const perCpuSec = ({ work, cpuSec }: Sample): number => work / cpuSec;
const busy = ({ cpuSec, wallSec }: Sample): number => cpuSec / wallSec;

export const resultOf = ({ row, notes, ceilings, products }: RowRuns): RowResult => {
  const over = (samples: readonly Sample[], of: (sample: Sample) => number): number => median(samples.map(of));
  const ratiosOf = (of: (sample: Sample) => number): number[] => products.map((p, i) => of(p) / of(ceilings[i]));
  const byWall = ratiosOf(perSec);
  const byCpu = ratiosOf(perCpuSec);
  const isCpuSmaller = median(byCpu) < median(byWall);
  const ratios = isCpuSmaller ? byCpu : byWall;
  const ratio = median(ratios);
  const { bar } = row;
  const productPerCpuSec = over(products, perCpuSec);
  const reached = bar.kind === 'ratio' ? ratio : productPerCpuSec;
  const isExcellent = bar.kind === 'ratio' && bar.excellent !== undefined && reached >= bar.excellent;
  const latency = (samples: readonly Sample[]): [number, number] => [
    over(samples, ({ latencyMs }) => latencyMs?.p50 ?? Number.NaN),
    over(samples, ({ latencyMs }) => latencyMs?.p99 ?? Number.NaN),
  ];
  return {
    name: row.name,
    product: row.product,
    ceiling: row.ceiling,
    unit: row.unit,
    notes,
    ceilingPerSec: over(ceilings, perSec),
    productPerSec: over(products, perSec),
    ceilingPerCpuSec: over(ceilings, perCpuSec),
    productPerCpuSec,
    ratioByWall: median(byWall),
    ratioByCpu: median(byCpu),
    ratio,
    ratioRange: [Math.min(...ratios), Math.max(...ratios)],
    ceilingBusy: over(ceilings, busy),
    productBusy: over(products, busy),
    ...(products[0].latencyMs && ceilings[0].latencyMs
      ? { latencyMs: { ceiling: latency(ceilings), product: latency(products) } }
      : {}),
    answersChecked: products.reduce((sum, { checked }) => sum + checked, 0),
    bar,
    verdict: isExcellent ? 'excellent' : reached >= bar.pass ? 'pass' : 'short',
    isFarShort: row.isPromised && bar.kind === 'ratio' && ratio < bar.pass / FAR_SHORT_PART,
    runs: { ceilings, products },
  };
};
