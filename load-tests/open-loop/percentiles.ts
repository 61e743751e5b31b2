import { build, type Histogram } from 'hdr-histogram-js';

/** Of which a curve is drawn; the last one is the greatest latency. */
export const PERCENTILES = [50, 75, 90, 95, 99, 99.5, 99.9, 99.99, 100] as const;

/** ms at each of `PERCENTILES`. */
export type LatencyCurve = readonly number[];

/** Longer ones count as a minute. */
const US_MAX = 60_000_000;

/** Latencies in µs, three digits exact. */
export const latencyHistogram = (): Histogram =>
  build({ highestTrackableValue: US_MAX, numberOfSignificantValueDigits: 3, bitBucketSize: 32 });

export const recordMs = (histogram: Histogram, ms: number): void =>
  histogram.recordValue(Math.min(US_MAX, Math.max(0, Math.round(ms * 1000))));

export const curveOf = (histogram: Histogram): LatencyCurve =>
  PERCENTILES.map((percentile) => histogram.getValueAtPercentile(percentile) / 1000);

/** ms at one of `PERCENTILES`. */
export const at = (curve: LatencyCurve, percentile: (typeof PERCENTILES)[number]): number =>
  curve[PERCENTILES.indexOf(percentile)];
