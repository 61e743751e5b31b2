import { setLimits } from '../base/limits.ts';
import type { EventLog } from '../log/event-log.ts';
import type { Pack } from '../packs/pack.ts';
import type { ColdDatabase } from '../state/cold-database.ts';
import type { ColdReader } from '../state/cold-reader.ts';
import { coldPathOf, deadLettersPathOf } from '../state/data-dir.ts';
import { DeadLetters } from '../state/dead-letters.ts';
import { Writer } from '../state/writer.ts';
import type { Config } from './config-schema.ts';
import { LocalCheckpoints } from './local-checkpoints.ts';
import { openDataDir } from './open-data-dir.ts';
import { endOf, openLog } from './open-log.ts';
import {
  dedupeWindows,
  makeStateMemory,
  openColdDatabase,
  openColdReader,
  type StateView,
  viewState,
} from './shared-state.ts';

/** A data directory opened by this thread alone: what commands work on while no service runs. */
export interface LocalState extends StateView {
  readonly pack: Pack;
  readonly log: EventLog;
  readonly writer: Writer;
  /** The rows that have no room in memory; undefined where there is no bound. */
  readonly cold: ColdDatabase | undefined;
  readonly coldReader: ColdReader | undefined;
  close(): Promise<void>;
}

/**
 * Opens the data directory and folds its log.
 * @param onProgress told the offset reached and the log's end, after each group
 * @throws BeckonError DATA_DIR_LOCKED where a service runs on it, and what the log, the pack and the directory throw
 */
export const openLocalState = async (
  config: Config,
  onProgress?: (offset: number, end: number) => void,
): Promise<LocalState> => {
  setLimits(config.limits);
  const { dataDir, pack } = await openDataDir(config);
  let cold: ColdDatabase | undefined;
  try {
    const log = await openLog(config, dataDir.logPath, 'command');
    const view = viewState(pack, makeStateMemory(pack, dataDir.meta.shards, coldPathOf(dataDir.path)));
    cold = openColdDatabase(pack, view);
    const deadLetters = new DeadLetters(deadLettersPathOf(dataDir.path));
    const writer = new Writer({
      log,
      plan: pack.plan,
      ...view,
      cold,
      dedupe: dedupeWindows(pack, view.tables),
      deadLetters,
      stopwatchMs: () => performance.now(),
    });
    const end = endOf(log);
    const checkpoints = new LocalCheckpoints(dataDir.path, pack, view, cold);
    await checkpoints.restore(log, writer);
    await writer.recover((offset) => onProgress?.(offset, end));
    const close = async (): Promise<void> => {
      await writer.erase(
        () => Promise.resolve(),
        () => checkpoints.forget(log, writer),
      );
      if (config.checkpointAtStop) await checkpoints.close(writer, view.status.appliedOffset + 1 - end);
      await log.close();
      deadLetters.close();
      coldReader?.close();
      cold?.close();
      dataDir.close();
    };
    const coldReader = openColdReader(pack, view);
    return { ...view, pack, log, writer, close, cold, coldReader };
  } catch (error) {
    cold?.close();
    dataDir.close();
    throw error;
  }
};
