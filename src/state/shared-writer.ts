import { shardOf } from '../base/hash.ts';
import { LIMITS } from '../base/limits.ts';
import { measures } from '../base/measures.ts';
import { type Chunk, RecordReader } from '../events/record.ts';
import type { LogGroup } from '../log/event-log.ts';
import type { AppendedRun, Followed, Following, SharedLog } from '../log/shared-log.ts';
import type { Status } from './status.ts';
import { type ChunkResult, EVENT_RESULT, type Writer } from './writer.ts';

export interface SharedWriterParts {
  readonly writer: Writer;
  readonly log: SharedLog;
  readonly status: Status;
  /** What the state could not survive: nothing may be acknowledged any more. */
  readonly failed: (error: unknown) => void;
  /** Told after each look at the log, and with the reason after each that failed. */
  readonly reached: (trouble?: Error) => void;
  readonly stopwatchMs: () => number;
}

/** Events that are durable. */
export interface DurableChunks {
  /** Told when all are applied. */
  readonly results: Promise<ChunkResult[]>;
  /** Tells them now: who was not read back yet is said to be accepted. */
  hurry(): void;
}

/** No word on an event yet. */
const UNREAD = 255;

/** Where the results of the records of one partition go. */
interface Places {
  readonly parts: Uint8Array[];
  readonly results: Uint8Array[];
  readonly indexes: number[];
}

/** A run of ours that is to be read back. */
interface Awaited extends AppendedRun {
  readonly places: Places;
  /** Place of its first record. */
  readonly from: number;
  readonly ended: () => void;
}

/** What became of records that may be ours: an append is sometimes read back before it is answered. */
interface Outcome {
  readonly firstOffset: number;
  readonly duplicates: Uint8Array;
}

/**
 * The writer over a log that others append to as well: append first, and apply what is read back, in the order of the log,
 * whoever wrote it. What {@link commit} tells of an event is what the fold found.
 */
export class SharedWriter {
  readonly #parts: SharedWriterParts;
  #writer: Writer;
  readonly #reader = new RecordReader();
  /** One entry a partition. */
  readonly #awaited: Awaited[][];
  readonly #outcomes: Outcome[][];
  readonly #lags: number[];
  #appending = 0;
  #following: Following | undefined;

  constructor(parts: SharedWriterParts) {
    this.#parts = parts;
    this.#writer = parts.writer;
    this.#lags = new Array<number>(parts.log.partitions).fill(0);
    this.#awaited = Array.from({ length: parts.log.partitions }, () => []);
    this.#outcomes = Array.from({ length: parts.log.partitions }, () => []);
  }

  /** Folds what the log holds, and from then on what comes. @returns when it has caught up */
  async recover(onProgress?: (offset: number) => void): Promise<void> {
    const writer = this.#writer;
    await writer.recover(onProgress);
    await this.resume();
  }

  /** Folds what comes, from where the writer is. */
  async resume(): Promise<void> {
    const { log, reached, failed } = this.#parts;
    const writer = this.#writer;
    const take = (followed: Followed): undefined => {
      try {
        this.#take(followed);
      } catch (error) {
        failed(error);
      }
    };
    this.#following = await log.follow({
      from: [...writer.positions],
      logTimesMs: [...writer.logTimesMs],
      take,
      reached,
    });
    this.#following.ended.catch(failed);
  }

  /**
   * Makes chunks durable. One call at a time, until it has resolved.
   * @param nowMs the wall clock, as in `Writer.commit`; undefined with the clock of the log
   * @throws BeckonError STATE_FULL, LOG_UNAVAILABLE: some events may be in the log, and may be sent again
   */
  async commit(chunks: readonly Chunk[], nowMs: number | undefined): Promise<DurableChunks> {
    const { log, status, stopwatchMs } = this.#parts;
    this.#writer.checkRoom(chunks.reduce((sum, chunk) => sum + chunk.count, 0));
    const results = chunks.map((chunk) => new Uint8Array(chunk.count).fill(UNREAD));
    const partitions = this.#split(chunks, results, nowMs);
    const startMs = stopwatchMs();
    let open = 1;
    const told = Promise.withResolvers<ChunkResult[]>();
    const ended = (): void => {
      if (--open === 0) told.resolve(results);
    };
    this.#appending++;
    try {
      const appended = await Promise.all(
        [...partitions.values()].map(async (places) => {
          const count = places.indexes.length;
          const records = Buffer.concat(places.parts);
          const runs = await log.appendRuns({ records, count, logTimeMs: status.logTimeMs });
          return { places, runs };
        }),
      );
      for (const { places, runs } of appended) {
        let from = 0;
        for (const run of runs) {
          open++;
          this.#await({ ...run, places, from, ended });
          from += run.count;
        }
      }
    } finally {
      if (--this.#appending === 0) for (const outcomes of this.#outcomes) outcomes.length = 0;
    }
    this.#publish(partitions, stopwatchMs() - startMs);
    ended();
    const hurry = (): void => {
      accept(results);
      told.resolve(results);
    };
    return { results: told.promise, hurry };
  }

  /** Folds nothing until it is resumed. Who waits to be read back is told to be accepted. */
  async pause(): Promise<void> {
    await this.close();
    for (const awaited of this.#awaited)
      for (const run of awaited.splice(0)) {
        accept(run.places.results);
        run.ended();
      }
  }

  /** Another writer takes over, while this is paused. */
  change(writer: Writer): void {
    this.#writer = writer;
  }

  async close(): Promise<void> {
    await this.#following?.close();
  }

  #publish(partitions: ReadonlyMap<number, Places>, durationMs: number): void {
    let events = 0;
    let bytes = 0;
    for (const { parts, indexes } of partitions.values()) {
      events += indexes.length;
      for (const part of parts) bytes += part.length;
    }
    measures.commit.publish({ events, bytes, durationMs });
  }

  /** Records by partition, without those too far ahead. */
  #split(chunks: readonly Chunk[], results: readonly Uint8Array[], nowMs: number | undefined): Map<number, Places> {
    const { log } = this.#parts;
    const latestMs = (nowMs ?? Number.POSITIVE_INFINITY) + LIMITS.eventAheadMsMax;
    const partitions = new Map<number, Places>();
    const reader = this.#reader;
    for (const [c, chunk] of chunks.entries()) {
      reader.reset(chunk.records);
      for (let i = 0; reader.next(); i++) {
        if (reader.timeMs > latestMs) {
          results[c][i] = EVENT_RESULT.fromFuture;
          continue;
        }
        const partition = shardOf(reader.bytes, reader.subjectStart, reader.subjectEnd, log.partitions);
        let places = partitions.get(partition);
        if (places === undefined) {
          places = { parts: [], results: [], indexes: [] };
          partitions.set(partition, places);
        }
        places.parts.push(chunk.records.subarray(reader.recordStart, reader.recordEnd));
        places.results.push(results[c]);
        places.indexes.push(i);
      }
    }
    return partitions;
  }

  #await(run: Awaited): void {
    const { partition } = run;
    for (const { firstOffset, duplicates } of this.#outcomes[partition]) tell(run, firstOffset, duplicates);
    if (this.#writer.positions[partition] >= run.firstOffset + run.count) end(run);
    else this.#awaited[partition].push(run);
  }

  #take({ partition, groups, nextOffset, end: logEnd }: Followed): void {
    const { status, stopwatchMs } = this.#parts;
    const writer = this.#writer;
    for (const group of groups) {
      writer.checkRoom(group.count);
      const startMs = stopwatchMs();
      const duplicates = writer.fold(group);
      measures.apply.publish({ events: group.count, durationMs: stopwatchMs() - startMs });
      this.#found(group, duplicates);
    }
    writer.moveTo(partition, nextOffset);
    const awaited = this.#awaited[partition];
    while (awaited.length > 0 && awaited[0].firstOffset + awaited[0].count <= nextOffset)
      end(awaited.shift() as Awaited);
    const lag = Math.max(0, logEnd - nextOffset);
    status.lagOffsets += lag - this.#lags[partition];
    this.#lags[partition] = lag;
  }

  #found({ partition, firstOffset, count }: LogGroup, duplicates: Uint8Array): void {
    if (this.#appending > 0) this.#outcomes[partition].push({ firstOffset, duplicates });
    for (const run of this.#awaited[partition]) {
      if (run.firstOffset >= firstOffset + count) break;
      tell(run, firstOffset, duplicates);
    }
  }
}

const accept = (results: readonly Uint8Array[]): void => {
  for (const result of results)
    for (let i = 0; i < result.length; i++) if (result[i] === UNREAD) result[i] = EVENT_RESULT.accepted;
};

/** Tells a run what the fold found from an offset on. */
const tell = ({ firstOffset, count, places, from }: Awaited, groupOffset: number, duplicates: Uint8Array): void => {
  const first = Math.max(firstOffset, groupOffset);
  const last = Math.min(firstOffset + count, groupOffset + duplicates.length);
  for (let offset = first; offset < last; offset++) {
    const place = from + offset - firstOffset;
    const result = duplicates[offset - groupOffset] === 1 ? EVENT_RESULT.duplicate : EVENT_RESULT.accepted;
    places.results[place][places.indexes[place]] = result;
  }
};

/** Whoever was checked and was refused in the log was too early for the broker's clock. */
const end = ({ count, places, from, ended }: Awaited): void => {
  for (let place = from; place < from + count; place++) {
    const result = places.results[place];
    if (result[places.indexes[place]] === UNREAD) result[places.indexes[place]] = EVENT_RESULT.fromFuture;
  }
  ended();
};
