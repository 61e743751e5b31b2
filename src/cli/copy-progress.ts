import type { CopyProgress } from '../state/backup.ts';
import type { CommandIo } from './command.ts';
import { type Progress, startProgress } from './progress.ts';

/** Shows on stderr how far a backup or a restore has come. Call `stop` before anything else is said. */
export const copyProgress = (io: CommandIo): Required<CopyProgress> & { stop(): void } => {
  let shown: { readonly label: string; readonly progress: Progress } | undefined;
  const tell = (label: string, unit: string, done: number, total: number): void => {
    if (shown?.label !== label) {
      shown?.progress.stop();
      shown = { label, progress: startProgress(io, label, total, unit) };
    }
    shown.progress.update(done, done);
  };
  return {
    copied: (pages, total) => tell('copying', 'pages', pages, total),
    verified: (records, total) => tell('verifying', 'events', records, total),
    stop: () => shown?.progress.stop(),
  };
};
