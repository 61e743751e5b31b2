/**
 * The port to the ordered durable event log. Whatever changes a customer is a record of it.
 *
 * Contract (one suite runs against every implementation):
 * - Records are opaque bytes here. Offsets of one partition rise by 1 a record, from 0, without gaps.
 * - `append` resolves when the whole group is durable, and rejects when it may not be; after a rejection the
 *   log accepts nothing more, because what is on disk is only known after it is opened anew.
 * - A group is whole or absent after a crash.
 * - `read` gives groups in the order of their offsets and ends at the end that the log had when it was called.
 * - The log time of a group is never before that of an earlier group of its partition.
 */
export interface EventLog {
  /** Independent sequences of offsets: 1 embedded, one a shard on Kafka. */
  readonly partitions: number;
  append(group: AppendGroup): Promise<AppendedGroup>;
  /** @param from first offset wanted, one a partition; groups that hold it are given whole. */
  read(from: readonly number[]): AsyncIterable<LogGroup>;
  /** The offset that the next record will get, one a partition. */
  ends(): readonly number[];
  /** Log time of the last group in ms, 0 where the log is empty. */
  lastLogTimeMs(): number;
  close(): Promise<void>;
}

export interface AppendGroup {
  /** Records one after another, as `events/record` writes them. The log copies or writes them before it resolves. */
  readonly records: Uint8Array;
  readonly count: number;
  readonly logTimeMs: number;
}

export interface AppendedGroup {
  readonly partition: number;
  readonly firstOffset: number;
}

/** A group as it was appended. */
export interface LogGroup extends AppendGroup, AppendedGroup {}
