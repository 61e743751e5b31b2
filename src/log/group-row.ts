import { crc32 } from 'node:zlib';
import { BeckonError } from '../base/errors.ts';
import type { LogGroup } from './event-log.ts';

/** Format of a stored group; raised when a reader of today could no longer read it. */
export const GROUP_FORMAT = 1;

/** A row of the table `log_group`: one group commit. */
export interface GroupRow {
  readonly first_offset: number;
  readonly format: number;
  readonly count: number;
  readonly log_time_ms: number;
  readonly records: Uint8Array;
  readonly checksum: number;
}

/** Format, first offset, count, log time: little-endian, whatever the machine. */
const header = new DataView(new ArrayBuffer(32));
const headerBytes = new Uint8Array(header.buffer);

/** CRC-32 over everything that a row says, so that no column can change unseen. */
export const groupChecksum = (
  format: number,
  firstOffset: number,
  count: number,
  logTimeMs: number,
  records: Uint8Array,
): number => {
  header.setFloat64(0, format, true);
  header.setFloat64(8, firstOffset, true);
  header.setFloat64(16, count, true);
  header.setFloat64(24, logTimeMs, true);
  return crc32(records, crc32(headerBytes));
};

/**
 * A stored row as a group.
 * @param expectedOffset the offset at which the previous group ended.
 * @throws BeckonError DATA_FORMAT_UNSUPPORTED, LOG_DAMAGED
 */
export const groupOfRow = (row: GroupRow, expectedOffset: number): LogGroup => {
  const { first_offset: firstOffset, format, count, log_time_ms: logTimeMs, records } = row;
  if (firstOffset !== expectedOffset) throw damagedAt(expectedOffset, `the next group begins at ${firstOffset}`);
  if (format > GROUP_FORMAT) throw newerFormat(`The group of the log at offset ${firstOffset}`, format);
  // A damaged page may also change the type of a cell.
  const isBlob = records instanceof Uint8Array;
  if (!isBlob || count < 1 || groupChecksum(format, firstOffset, count, logTimeMs, records) !== row.checksum) {
    throw damagedAt(firstOffset, 'the group does not match its checksum');
  }
  return { partition: 0, firstOffset, count, logTimeMs, records };
};

export const damagedAt = (offset: number, why: string, cause?: unknown): BeckonError =>
  new BeckonError('LOG_DAMAGED', `The log is damaged at offset ${offset}: ${why}.`, { details: { offset }, cause });

export const newerFormat = (what: string, format: number): BeckonError =>
  new BeckonError(
    'DATA_FORMAT_UNSUPPORTED',
    `${what} has format version ${format}; this version of Beckon reads up to ${GROUP_FORMAT}. Start a newer Beckon.`,
    { details: { format, supported: GROUP_FORMAT } },
  );
