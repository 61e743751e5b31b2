import { closeSync, fsyncSync, openSync } from 'node:fs';
import { BeckonError } from '../base/errors.ts';
import { damagedAt, type GroupRow, groupChecksum, groupOfRow } from './group-row.ts';
import { copyDatabase, sqliteProblem } from './sqlite.ts';
import { firstOffsetOf, openLogDatabase, SqliteLog } from './sqlite-log.ts';

/** What a log holds. */
export interface LogExtent {
  /** Offset of the first record. */
  readonly start: number;
  readonly groups: number;
  /** Also the offset of the next one. */
  readonly records: number;
  /** 0 where it is empty. */
  readonly lastLogTimeMs: number;
}

/**
 * Copies a log as it is now into a new file and syncs it; a service may append meanwhile. No group is looked at.
 * @param onProgress told the pages copied, of how many
 * @throws BeckonError LOG_UNAVAILABLE, DATA_FORMAT_UNSUPPORTED, LOG_DAMAGED, FILE_UNWRITABLE
 */
export const copyLog = async (
  from: string,
  to: string,
  onProgress?: (pages: number, pagesTotal: number) => void,
): Promise<void> => {
  const db = openLogDatabase(from, true);
  try {
    await copyDatabase(db, to, onProgress);
  } catch (error) {
    throw new BeckonError(
      'FILE_UNWRITABLE',
      `The log ${from} cannot be copied to ${to}: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  } finally {
    db.close();
  }
  syncFile(to);
};

/**
 * Takes the records from an offset on out of a log that nobody else has open. A group around the offset is verified and
 * keeps its first records, with a new checksum.
 * @param firstRecords the bytes of the first `count` records of a group
 * @throws BeckonError LOG_DAMAGED, and what opening a log throws
 */
export const cutLog = (
  path: string,
  until: number,
  firstRecords: (records: Uint8Array, count: number) => Uint8Array,
): void => {
  const db = openLogDatabase(path, false);
  try {
    db.exec('PRAGMA journal_mode = DELETE; BEGIN IMMEDIATE');
    db.prepare('DELETE FROM log_group WHERE first_offset >= ?').run(until);
    const last = db.prepare('SELECT * FROM log_group ORDER BY first_offset DESC LIMIT 1').get();
    const row = last as GroupRow | undefined;
    if (row !== undefined && row.first_offset + row.count > until) {
      const { firstOffset, logTimeMs, records } = groupOfRow(row, row.first_offset);
      const count = until - firstOffset;
      const kept = firstRecords(records, count);
      const checksum = groupChecksum(row.format, firstOffset, count, logTimeMs, kept);
      db.prepare('UPDATE log_group SET count = ?, records = ?, checksum = ? WHERE first_offset = ?').run(
        count,
        kept,
        checksum,
        firstOffset,
      );
    }
    // What was cut must not be found in the file.
    db.exec('COMMIT; VACUUM');
  } catch (error) {
    if (sqliteProblem(error) === 'corrupt') throw damagedAt(until, 'the database file is malformed', error);
    throw error;
  } finally {
    db.close();
  }
  syncFile(path);
};

/** Offset of the first record; no group is looked at. @throws what opening a log throws */
export const startOfLog = (path: string): number => {
  const db = openLogDatabase(path, true);
  try {
    return firstOffsetOf(db);
  } finally {
    db.close();
  }
};

/**
 * Holds every group of a log against its checksum.
 * @param onProgress told the records read, of how many
 * @throws BeckonError LOG_DAMAGED, which names the offset, and what opening a log throws
 */
export const verifyLog = async (
  path: string,
  onProgress?: (records: number, recordsTotal: number) => void,
): Promise<LogExtent> => {
  const log = SqliteLog.openReadOnly(path);
  try {
    const [records] = log.ends();
    let groups = 0;
    for await (const group of log.read(log.starts)) {
      groups++;
      onProgress?.(group.firstOffset + group.count, records);
    }
    return { start: log.starts[0], groups, records, lastLogTimeMs: log.lastLogTimeMs() };
  } finally {
    await log.close();
  }
};

/** @throws Error of the file system */
export const syncFile = (path: string): void => {
  const fd = openSync(path, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};
