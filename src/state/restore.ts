import { rmSync } from 'node:fs';
import { BeckonError } from '../base/errors.ts';
import { RecordReader } from '../events/record.ts';
import { copyLog, cutLog, type LogExtent, startOfLog, verifyLog } from '../log/log-copy.ts';
import { copyAppliedPacks } from './applied-packs.ts';
import { type CopyProgress, metaOf } from './backup.ts';
import { CheckpointStore, copyCheckpoint, recordsOf, removeCheckpoints } from './checkpoint-store.ts';
import { deadLettersPathOf, fillDataDir, logPathOf } from './data-dir.ts';
import { copyDeadLetters } from './dead-letters.ts';

/**
 * Makes a data directory of a backup. Each of its groups is held against its checksum.
 * @param dataDir must be empty or not there yet
 * @param until keeps the records before this offset; undefined for all
 * @throws BeckonError FILE_UNREADABLE where there is no backup, FILE_UNWRITABLE where the data directory is not empty,
 *   DATA_DIR_LOCKED, LOG_DAMAGED, DATA_FORMAT_UNSUPPORTED, USAGE where `until` is beyond the backup's end
 */
export const restore = async (
  folder: string,
  dataDir: string,
  until: number | undefined,
  progress: CopyProgress = {},
): Promise<LogExtent> => {
  metaOf(folder);
  const log = logPathOf(dataDir);
  return fillDataDir(dataDir, folder, async () => {
    try {
      await copyLog(logPathOf(folder), log, progress.copied);
      if (until !== undefined) refuseTrimmed(folder, until);
      if (until !== undefined) cutLog(log, until, firstRecords);
      const extent = await verifyLog(log, progress.verified);
      if (until !== undefined && extent.records < until)
        throw new BeckonError('USAGE', `the backup ends at offset ${extent.records}, before ${until}`);
      copyAppliedPacks(folder, dataDir);
      copyDeadLetters(folder, dataDir);
      copyCheckpoint(folder, dataDir, until);
      return extent;
    } catch (error) {
      rmSync(log, { force: true });
      removeCheckpoints(dataDir);
      rmSync(deadLettersPathOf(dataDir), { force: true });
      throw error;
    }
  });
};

/** A log that was trimmed is nothing without a checkpoint before its end. */
const refuseTrimmed = (folder: string, until: number): void => {
  const start = startOfLog(logPathOf(folder));
  const checkpoints = new CheckpointStore(folder).list();
  if (start > 0 && !checkpoints.some(({ checkpoint }) => checkpoint !== undefined && recordsOf(checkpoint) <= until))
    throw new BeckonError(
      'LOG_TRIMMED',
      `the log of the backup begins at offset ${start}, and no checkpoint is before ${until}`,
    );
};

const firstRecords = (records: Uint8Array, count: number): Uint8Array => {
  const reader = new RecordReader(records);
  for (let i = 0; i < count; i++) reader.next();
  return records.subarray(0, reader.recordEnd);
};
