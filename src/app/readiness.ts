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
