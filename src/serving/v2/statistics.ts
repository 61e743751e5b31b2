import type { LiveHead } from '../../inference/registry.ts';

/** What a model was asked through this protocol, in one thread. */
export interface ModelStatistics {
  /** Rows. */
  inferences: number;
  succeeded: number;
  succeededNs: number;
  failed: number;
  failedNs: number;
  /** Ms since the epoch, 0 for never. */
  lastMs: number;
}

const counted = new WeakMap<LiveHead, ModelStatistics>();

export const statisticsOf = (live: LiveHead): ModelStatistics => {
  let statistics = counted.get(live);
  if (statistics === undefined) {
    statistics = { inferences: 0, succeeded: 0, succeededNs: 0, failed: 0, failedNs: 0, lastMs: 0 };
    counted.set(live, statistics);
  }
  return statistics;
};

const NS_PER_MS = 1e6;

/** @param durationMs from the question to its answer */
export const count = (live: LiveHead, rows: number, hasFailed: boolean, durationMs: number, nowMs: number): void => {
  const statistics = statisticsOf(live);
  const ns = Math.round(durationMs * NS_PER_MS);
  statistics.lastMs = nowMs;
  if (hasFailed) {
    statistics.failed++;
    statistics.failedNs += ns;
    return;
  }
  statistics.inferences += rows;
  statistics.succeeded++;
  statistics.succeededNs += ns;
};

/** In the words of Triton's statistics. */
export const modelStatistics = (live: LiveHead) => {
  const { inferences, succeeded, succeededNs, failed, failedNs, lastMs } = statisticsOf(live);
  return {
    name: live.session.head,
    version: live.session.version,
    last_inference: lastMs,
    inference_count: inferences,
    execution_count: succeeded,
    inference_stats: { success: { count: succeeded, ns: succeededNs }, fail: { count: failed, ns: failedNs } },
    batch_stats: [],
  };
};
