import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BeckonError } from '../base/errors.ts';
import { copyLog, type LogExtent, verifyLog } from '../log/log-copy.ts';
import { copyAppliedPacks } from './applied-packs.ts';
import { CheckpointStore, copyCheckpoint, removeCheckpoints } from './checkpoint-store.ts';
import { copyMeta, type DataDirMeta, embeddedLogOf, logPathOf, readMeta, refuseFull } from './data-dir.ts';
import { copyDeadLetters } from './dead-letters.ts';
import { syncDirectory } from './durable-file.ts';

/** The parts of the work; each is told how much of how much is done. */
export interface CopyProgress {
  copied?(pages: number, pagesTotal: number): void;
  verified?(records: number, recordsTotal: number): void;
}

/**
 * Copies log, checkpoint and meta of a data directory, on which a service may run, into a folder that is not there yet or empty. The
 * copy is the log of one moment after the call: with everything that was acknowledged before, and groups as whole as they
 * were. It gets its name when every group has been verified and all of it is on disk.
 * @throws BeckonError FILE_UNREADABLE where there is no data directory, FILE_UNWRITABLE, LOG_DAMAGED,
 *   DATA_FORMAT_UNSUPPORTED, LOG_UNAVAILABLE
 */
export const backUp = async (dataDir: string, folder: string, progress: CopyProgress = {}): Promise<LogExtent> => {
  metaOf(dataDir);
  const log = embeddedLogOf(dataDir);
  const target = resolve(folder);
  refuseFull(target);
  const part = `${target}.part`;
  makePart(part);
  try {
    const checkpoint = copyCheckpoint(dataDir, part);
    await copyLog(log, logPathOf(part), progress.copied);
    // One that went meanwhile may have gone because it knows of somebody whom the copied log has forgotten.
    if (checkpoint !== undefined && !new CheckpointStore(dataDir).has(checkpoint)) removeCheckpoints(part);
    const extent = await verifyLog(logPathOf(part), progress.verified);
    if (extent.start > 0 && new CheckpointStore(part).list().length === 0)
      throw new BeckonError(
        'LOG_TRIMMED',
        'The checkpoint that the trimmed log needs went while it was copied; try again.',
      );
    copyAppliedPacks(dataDir, part);
    copyDeadLetters(dataDir, part);
    copyMeta(dataDir, part);
    syncDirectory(part);
    rename(part, target);
    return extent;
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    throw error;
  }
};

/** What a directory of events was made with. @throws BeckonError FILE_UNREADABLE, DATA_FORMAT_UNSUPPORTED */
export const metaOf = (dataDir: string): DataDirMeta => {
  const meta = readMeta(dataDir);
  if (meta === undefined) throw new BeckonError('FILE_UNREADABLE', `there is no data directory at ${dataDir}`);
  return meta;
};

const makePart = (part: string): void => {
  try {
    mkdirSync(dirname(part), { recursive: true });
    mkdirSync(part);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === 'EEXIST' ? 'it is there already: a backup that still runs, or one that broke off. Remove it' : message;
    throw new BeckonError('FILE_UNWRITABLE', `${part} cannot be made: ${why}.`, { cause: error });
  }
};

/** An empty directory of that name is replaced. */
const rename = (part: string, target: string): void => {
  try {
    renameSync(part, target);
    syncDirectory(dirname(target));
  } catch (error) {
    throw new BeckonError('FILE_UNWRITABLE', `${part} cannot be renamed to ${target}: ${(error as Error).message}.`, {
      cause: error,
    });
  }
};
