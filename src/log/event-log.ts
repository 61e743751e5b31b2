import type { MessageHeaders } from '../events/message.ts';

/**
 * The port to the ordered durable event log. Whatever changes a customer is a record of it.
 *
 * Contract (one suite runs against every implementation):
 * - Records are opaque bytes here. Offsets of one partition rise by 1 a record, from 0, without gaps.
 * - `append` resolves when the whole group is durable, and rejects when it may not be; after a rejection the
 *   log accepts nothing more, because what is on disk is only known after it is opened anew.
 * - A group is whole or absent after a crash.
 * - `read` gives groups in the order of their offsets and ends at the end that the log had when it was called;
 *   appends may go on meanwhile.
 * - The log time of a group is never before that of an earlier group of its partition.
 * - `rewrite` puts other bytes in the place of records, whole or not at all: a rewriting that a crash broke off is ended
 *   when the log is opened the next time. Offsets, counts and log times stay; of the old bytes none is left in any file
 *   when the log has been closed.
 *
 * A shared log (Kafka) is one that others append to as well. There an append tells where its records stand, and they are
 * folded when they are read back; groups are what the broker made of them, each with the broker's time; offsets may have
 * gaps; and nothing is rewritten.
 *
 * A call that breaks the contract (no records, log time going back) is a RangeError and changes nothing.
 * Every other error is a BeckonError: LOG_UNAVAILABLE (failed, closed, opened for reading only), LOG_DAMAGED
 * (names the offset) or DATA_FORMAT_UNSUPPORTED.
 */
export interface EventLog {
  /** Independent sequences of offsets: 1 embedded, one a shard on Kafka. */
  readonly partitions: number;
  /** Whether others append too. */
  readonly isShared: boolean;
  append(group: AppendGroup): Promise<AppendedGroup>;
  /**
   * @param from first offset wanted, one a partition; groups that hold it are given whole.
   * @param logTimesMs of what comes before, one a partition: a shared log goes on from them
   */
  read(from: readonly number[], logTimesMs?: readonly number[]): AsyncIterable<LogGroup>;
  /** Offset of the first record that is still there, one a partition; `read` from before it is refused with LOG_TRIMMED. */
  readonly starts: readonly number[];
  /** The offset that the next record will get, one a partition. */
  ends(): readonly number[];
  /** Log time of the last group in ms, 0 where the log is empty. */
  lastLogTimeMs(): number;
  /** 16 random bytes, made with the log and copied with it. */
  readonly secret: Uint8Array;
  /**
   * Resolves when every record has been replaced, durably. Appends and reads may go on meanwhile.
   * @param records new bytes by offset
   * @param pause lets other work of the thread go on between two groups
   */
  rewrite(records: ReadonlyMap<number, Uint8Array>, pause?: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export interface AppendGroup {
  /** Records one after another, as `events/record` writes them. The log copies or writes them before it resolves. */
  readonly records: Uint8Array;
  readonly count: number;
  /** Whole milliseconds since the Unix epoch. */
  readonly logTimeMs: number;
}

export interface AppendedGroup {
  readonly partition: number;
  readonly firstOffset: number;
}

/** A group as it was appended. */
export interface LogGroup extends AppendGroup, AppendedGroup {
  /** What stood beside events in their messages, by offset; only where a follower of a shared log has asked for it. */
  readonly headers?: ReadonlyMap<number, MessageHeaders>;
}

/** @throws RangeError where a group breaks the contract of {@link EventLog.append}. */
export const checkGroup = (group: AppendGroup, lastLogTimeMs: number): void => {
  if (!Number.isSafeInteger(group.count) || group.count < 1) {
    throw new RangeError(`a group holds at least 1 record, not ${group.count}`);
  }
  if (!Number.isSafeInteger(group.logTimeMs) || group.logTimeMs < lastLogTimeMs) {
    throw new RangeError(`log time ${group.logTimeMs} is not a whole millisecond at or after ${lastLogTimeMs}`);
  }
};
