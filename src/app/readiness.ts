import { LIMITS } from '../base/limits.ts';
import type { Readiness } from '../serving/parts.ts';
import type { Status } from '../state/status.ts';

/** Why the service takes no work now, undefined where it does. */
export const notReadyReason = (status: Status, isDraining: boolean): string | undefined => {
  if (isDraining) return 'the service is stopping';
  switch (status.phase) {
    case 'caughtUp':
      return undefined;
    case 'recovering':
      return 'the service reads its log';
    case 'failed':
      return 'the log cannot be written; the service stops';
  }
};

/**
 * What the probe tells. A service whose log is away still answers from what it knows, so it stays ready; one that is far
 * behind its log answers from what is no longer true.
 */
export const readiness = (status: Status, isDraining: boolean, isShared: boolean, nowMs: number): Readiness => {
  const reason = notReadyReason(status, isDraining);
  if (!isShared) return { reason };
  const log = { reachable: status.awaySinceMs === 0, lagOffsets: status.lagOffsets, lagSeconds: status.lagSec(nowMs) };
  const isBehind = log.reachable && log.lagSeconds > LIMITS.logLagSecMax;
  return { reason: reason ?? (isBehind ? `the state is ${log.lagSeconds} s behind its log` : undefined), log };
};
