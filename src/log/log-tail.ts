import type { LogGroup } from './event-log.ts';
import type { Followed, Following, SharedLog } from './shared-log.ts';

/** What is kept of a partition that is not looked at: some fetches. */
const QUEUED_BYTES_MAX = 4 * 1024 * 1024;

interface Lane {
  groups: LogGroup[];
  bytes: number;
  /** All before it has come. */
  nextOffset: number;
  /** Resolved when more may come. */
  room: PromiseWithResolvers<void> | undefined;
}

/** What comes at the end of a shared log, kept until whoever looks through it has done with it. */
export class LogTail {
  readonly #lanes: readonly Lane[];
  #following: Following | undefined;

  /** @param failed told where the log no longer holds what is to be read */
  static async open(log: SharedLog, from: readonly number[], failed: (error: Error) => void): Promise<LogTail> {
    const tail = new LogTail(from);
    tail.#following = await log.follow({
      from,
      withHeaders: true,
      take: (followed) => tail.#take(followed),
      reached: () => {},
    });
    tail.#following.ended.catch(failed);
    return tail;
  }

  private constructor(from: readonly number[]) {
    this.#lanes = from.map((nextOffset) => ({ groups: [], bytes: 0, nextOffset, room: undefined }));
  }

  /** Groups that have come and hold offsets from these on, partition by partition; those before are let go. */
  async *read(from: readonly number[]): AsyncGenerator<LogGroup> {
    for (const [partition, lane] of this.#lanes.entries()) {
      release(lane, from[partition]);
      yield* lane.groups;
    }
  }

  /** Where each partition stands once what is not there is passed over. */
  passed(from: readonly number[]): number[] {
    return this.#lanes.map((lane, partition) => {
      release(lane, from[partition]);
      return Math.max(from[partition], lane.groups[0]?.firstOffset ?? lane.nextOffset);
    });
  }

  async close(): Promise<void> {
    for (const { room } of this.#lanes) room?.resolve();
    await this.#following?.close();
  }

  #take({ partition, groups, nextOffset }: Followed): Promise<void> | undefined {
    const lane = this.#lanes[partition];
    for (const group of groups) {
      lane.groups.push({ ...group, records: new Uint8Array(group.records) });
      lane.bytes += group.records.length;
    }
    lane.nextOffset = nextOffset;
    if (lane.bytes <= QUEUED_BYTES_MAX) return undefined;
    lane.room = Promise.withResolvers();
    return lane.room.promise;
  }
}

/** Lets go of groups that end before an offset. */
const release = (lane: Lane, from: number): void => {
  const kept = lane.groups.findIndex(({ firstOffset, count }) => firstOffset + count > from);
  const gone = lane.groups.splice(0, kept < 0 ? lane.groups.length : kept);
  for (const { records } of gone) lane.bytes -= records.length;
  if (lane.bytes <= QUEUED_BYTES_MAX) lane.room?.resolve();
};
