import type { Bench } from './bench.ts';
import type { Sample } from './sample.ts';

/** Both sides of a row, started and warm enough to be asked. */
export interface OpenRow {
  ceiling(durationMs: number): Promise<Sample>;
  product(durationMs: number): Promise<Sample>;
  close(): Promise<void>;
  /** Each run of the product is a process of its own, which there is no warming up; likewise of the ceiling. */
  readonly isProductCold?: true;
  readonly isCeilingCold?: true;
  /** What the reader of the figures should know: sizes, found while opening. */
  readonly notes: readonly string[];
}

/** What must be reached: a part of the ceiling, or units a second of CPU. */
export type Bar =
  | { readonly kind: 'ratio'; readonly pass: number; readonly excellent?: number }
  | { readonly kind: 'perCpuSec'; readonly pass: number };

/** A line of the report: a part of the product against what would be possible at best. */
export interface Row {
  readonly name: string;
  readonly product: string;
  readonly ceiling: string;
  /** In the plural: `requests`. */
  readonly unit: string;
  readonly bar: Bar;
  /** Whether `--gate` holds it: false where the bar is the design's aim and not yet a promise. */
  readonly isPromised: boolean;
  /** What takes long of {@link open}, on any core: done before the first row, together with that of others. */
  prepare?(bench: Bench): Promise<unknown>;
  /** @throws where an answer is wrong before any load */
  open(bench: Bench): Promise<OpenRow>;
}
