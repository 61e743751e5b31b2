/** One timed run of one side of a row. */
export interface Sample {
  /** Units done. */
  readonly work: number;
  readonly wallSec: number;
  /** CPU seconds of the side that is measured, all threads; NaN where the system does not say. */
  readonly cpuSec: number;
  /** Of the process that asks; undefined where there is none. */
  readonly clientCpuSec?: number;
  readonly latencyMs?: { readonly p50: number; readonly p99: number };
  /** Answers that were looked at. */
  readonly checked: number;
  /** What was wrong with answers, in words: the first few. */
  readonly wrong: readonly string[];
  readonly wrongCount: number;
}
