import type { LogGroup } from './event-log.ts';

/** What is kept of a partition whose turn has not come: some fetches, so that the broker is not waited for. */
const QUEUED_BYTES_MAX = 4 * 1024 * 1024;

/** What a log told of one partition. */
interface Arrival {
  readonly partition: number;
  readonly groups: readonly LogGroup[];
  readonly nextOffset: number;
}

/** A partition on its way to where it ended. */
class Lane {
  readonly groups: LogGroup[] = [];
  bytes = 0;
  position: number;
  readonly end: number;
  /** Resolved when more may come. */
  room: PromiseWithResolvers<void> | undefined;

  constructor(position: number, end: number) {
    this.position = position;
    this.end = end;
  }

  get isArrived(): boolean {
    return this.position >= this.end;
  }
}

/**
 * Brings the groups of all partitions into one order: that of their log times, then of their partitions. So what is read
 * again is read in the same order, whatever came first over the wire.
 */
export class GroupMerge {
  readonly #lanes: readonly Lane[];
  #arrived = Promise.withResolvers<void>();
  #failure: Error | undefined;

  /** One entry a partition: the first offset, and the one to stop before. */
  constructor(from: readonly number[], ends: readonly number[]) {
    this.#lanes = ends.map((end, partition) => new Lane(from[partition], end));
  }

  /** Whether there was nothing to read. */
  get isDone(): boolean {
    return this.#lanes.every(({ isArrived }) => isArrived);
  }

  /** Takes copies. @returns when more of the partition may come */
  add({ partition, groups, nextOffset }: Arrival): Promise<void> | undefined {
    const lane = this.#lanes[partition];
    for (const group of groups) {
      if (group.firstOffset >= lane.end) break;
      lane.groups.push({ ...group, records: new Uint8Array(group.records) });
      lane.bytes += group.records.length;
    }
    lane.position = nextOffset;
    this.#arrived.resolve();
    if (lane.bytes <= QUEUED_BYTES_MAX) return undefined;
    lane.room = Promise.withResolvers();
    return lane.room.promise;
  }

  fail(error: Error): void {
    this.#failure = error;
    this.#arrived.resolve();
  }

  /** @returns undefined at the end */
  async next(): Promise<LogGroup | undefined> {
    while (this.#lanes.some(({ groups, isArrived }) => groups.length === 0 && !isArrived)) {
      if (this.#failure !== undefined) throw this.#failure;
      this.#arrived = Promise.withResolvers();
      await this.#arrived.promise;
    }
    let first: Lane | undefined;
    for (const lane of this.#lanes)
      if (lane.groups.length > 0 && (first === undefined || lane.groups[0].logTimeMs < first.groups[0].logTimeMs))
        first = lane;
    const group = first?.groups.shift();
    if (first === undefined || group === undefined) return undefined;
    first.bytes -= group.records.length;
    if (first.bytes <= QUEUED_BYTES_MAX) first.room?.resolve();
    return group;
  }
}
