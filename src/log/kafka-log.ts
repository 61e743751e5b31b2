import { BeckonError } from '../base/errors.ts';
import { shardOf } from '../base/hash.ts';
import { type MessageHeaders, messageValue, STRUCTURED_HEADER } from '../events/message.ts';
import { RecordReader } from '../events/record.ts';
import type { AppendedGroup, AppendGroup, LogGroup } from './event-log.ts';
import { GroupBuilder } from './group-builder.ts';
import { GroupMerge } from './group-merge.ts';
import type { KafkaClient, OutgoingRecord } from './kafka-client.ts';
import { guarded, openLogTopic } from './kafka-topic.ts';
import type { AppendedRun, Following, LogFollower, SharedLog } from './shared-log.ts';

/**
 * Bytes of one partition in one request: a broker takes 1 MiB (`message.max.bytes`) unless told otherwise, with the header
 * of the batch and of each record.
 */
const PARTITION_BYTES_MAX = 800_000;
const RECORD_OVERHEAD_BYTES = 128;

interface Waiting {
  readonly records: readonly OutgoingRecord[];
  readonly bytes: number;
  readonly done: PromiseWithResolvers<AppendedRun>;
}

const HEADERS: MessageHeaders = [STRUCTURED_HEADER];

/**
 * One topic of Kafka as the log, a partition a shard. Others append to it as well, so an append tells where its records
 * stand, and everybody's events are folded as they are read back.
 *
 * A value is a CloudEvent in JSON, keyed by its subject. The log time is the running maximum of the times that the broker
 * gives as it appends; offsets of one partition rise, with gaps where a message is none that can be applied.
 */
export class KafkaLog implements SharedLog {
  readonly partitions: number;
  readonly isShared = true;
  /** Nothing is rewritten here, so nothing is sealed. */
  readonly secret: Uint8Array = new Uint8Array(16);
  readonly topic: string;
  readonly starts: readonly number[];
  readonly #client: KafkaClient;
  readonly #ends: number[];
  readonly #reader = new RecordReader();
  #logTimeMs = 0;
  #waiting: Waiting[] = [];
  #isSending = false;
  #isClosed = false;

  /**
   * Opens the topic, makes it where there is none.
   * @throws BeckonError LOG_TOPIC_REFUSED, LOG_PARTITIONS_CHANGED, LOG_UNAVAILABLE
   */
  static async open(client: KafkaClient, topic: string, partitions: number): Promise<KafkaLog> {
    const { starts, ends } = await openLogTopic(client, topic, partitions);
    return new KafkaLog(client, topic, starts, ends);
  }

  private constructor(client: KafkaClient, topic: string, starts: readonly number[], ends: readonly number[]) {
    this.#client = client;
    this.topic = topic;
    this.partitions = ends.length;
    this.starts = starts;
    this.#ends = [...ends];
  }

  /** All records must be of customers of one partition. The broker gives the log time. */
  async append(group: AppendGroup): Promise<AppendedGroup> {
    const runs = await this.appendRuns(group);
    return runs[0];
  }

  async appendRuns({ records, count }: AppendGroup): Promise<AppendedRun[]> {
    this.#checkOpen();
    if (!Number.isSafeInteger(count) || count < 1)
      throw new RangeError(`a group holds at least 1 record, not ${count}`);
    const runs = this.#split(records).map((waiting) => {
      this.#waiting.push(waiting);
      return waiting.done.promise;
    });
    if (!this.#isSending) {
      this.#isSending = true;
      queueMicrotask(() => void this.#sendAll());
    }
    return Promise.all(runs);
  }

  /** Groups up to the end that the topic has now, in the order of their log times. */
  read(from: readonly number[]): AsyncIterable<LogGroup> {
    this.#checkOpen();
    return this.#groups(from);
  }

  async *#groups(from: readonly number[]): AsyncGenerator<LogGroup> {
    await this.refresh();
    const merge = new GroupMerge(this.#held(from), this.#ends);
    if (merge.isDone) return;
    const following = await this.follow({ from, take: (followed) => merge.add(followed), reached: () => {} });
    following.ended.catch((error: Error) => merge.fail(error));
    try {
      for (let group = await merge.next(); group !== undefined; group = await merge.next()) {
        this.#checkOpen();
        yield group;
      }
    } finally {
      await following.close();
    }
  }

  async follow({ from, take, reached }: LogFollower): Promise<Following> {
    const builders = this.#ends.map((_, partition) => new GroupBuilder(partition, this.partitions));
    let partition = 0;
    let builder = builders[0];
    const following = await this.#client.follow({
      topic: this.topic,
      from: this.#held(from),
      sink: {
        begin: (number) => {
          partition = number;
          builder = builders[number];
        },
        record: (offset, timestampMs, key, value, headers) => builder.add(offset, timestampMs, key, value, headers),
        end: (nextOffset, end) => {
          this.#ends[partition] = Math.max(this.#ends[partition], end);
          this.#logTimeMs = Math.max(this.#logTimeMs, builder.logTimeMs);
          return take({ partition, ...builder.take(), nextOffset, end });
        },
      },
      reached,
    });
    return {
      ended: following.ended.catch((cause: Error) => {
        throw new BeckonError(
          'LOG_DAMAGED',
          `The topic ${this.topic} no longer holds what is to be read: ${cause.message}.`,
          { cause },
        );
      }),
      close: () => following.close(),
    };
  }

  /** Asks the broker where the log ends now. @throws BeckonError LOG_UNAVAILABLE */
  async refresh(): Promise<void> {
    const { ends } = await guarded(this.topic, () => this.#client.bounds(this.topic));
    for (const [partition, end] of ends.entries()) this.#ends[partition] = end;
  }

  /** As the broker told last. */
  ends(): readonly number[] {
    return [...this.#ends];
  }

  lastLogTimeMs(): number {
    return this.#logTimeMs;
  }

  /** What a broker has taken stays as it is, until the topic's retention removes it. */
  async rewrite(): Promise<void> {
    throw new BeckonError('LOG_UNAVAILABLE', 'Records of a Kafka topic cannot be changed.');
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { done } of this.#waiting.splice(0)) done.reject(closed());
    await this.#client.close();
  }

  /** Cuts records into runs that one request may carry. */
  #split(records: Uint8Array): Waiting[] {
    const reader = this.#reader;
    const runs: Waiting[] = [];
    let run: OutgoingRecord[] = [];
    let bytes = 0;
    const end = (): void => {
      runs.push({ records: run, bytes, done: Promise.withResolvers() });
      run = [];
      bytes = 0;
    };
    reader.reset(records);
    while (reader.next()) {
      const value = messageValue(reader.event());
      const { subjectStart, subjectEnd } = reader;
      const key = Buffer.from(records.subarray(subjectStart, subjectEnd));
      const length = value.length + key.length + RECORD_OVERHEAD_BYTES;
      if (run.length > 0 && bytes + length > PARTITION_BYTES_MAX) end();
      run.push({ partition: shardOf(key, 0, key.length, this.partitions), key, value, headers: HEADERS });
      bytes += length;
    }
    end();
    return runs;
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) await this.#send(this.#takeRequest());
    this.#isSending = false;
  }

  /** What waits, in its order, as far as no partition gets too much. */
  #takeRequest(): Waiting[] {
    const bytes = new Float64Array(this.partitions);
    const taken: Waiting[] = [];
    const left: Waiting[] = [];
    for (const waiting of this.#waiting) {
      const { partition } = waiting.records[0];
      const isFirst = bytes[partition] === 0;
      bytes[partition] += waiting.bytes;
      // Once one has to wait, all behind it in its partition do.
      (isFirst || bytes[partition] <= PARTITION_BYTES_MAX ? taken : left).push(waiting);
    }
    this.#waiting = left;
    return taken;
  }

  async #send(request: readonly Waiting[]): Promise<void> {
    try {
      const records = request.flatMap(({ records }) => records);
      const firstOffsets = await guarded(this.topic, () => this.#client.produce(this.topic, records));
      const next = new Map(firstOffsets);
      for (const { records, done } of request) {
        const { partition } = records[0];
        const count = records.length;
        const firstOffset = next.get(partition) as number;
        next.set(partition, firstOffset + count);
        this.#ends[partition] = Math.max(this.#ends[partition], firstOffset + count);
        done.resolve({ partition, firstOffset, count });
      }
    } catch (error) {
      for (const { done } of request) done.reject(error);
    }
  }

  /** What the topic's retention has removed is passed over. */
  #held(from: readonly number[]): number[] {
    return from.map((offset, partition) => Math.max(offset, this.starts[partition]));
  }

  #checkOpen(): void {
    if (this.#isClosed) throw closed();
  }
}

const closed = (): BeckonError => new BeckonError('LOG_UNAVAILABLE', 'The log is closed.');
