import { createHash } from 'node:crypto';
import { BeckonError } from '../base/errors.ts';
import { shardOf } from '../base/hash.ts';
import { type MessageHeaders, messageValue, STRUCTURED_HEADER } from '../events/message.ts';
import { RecordReader } from '../events/record.ts';
import type { AppendedGroup, AppendGroup, LogGroup } from './event-log.ts';
import { GroupBuilder } from './group-builder.ts';
import { GroupMerge } from './group-merge.ts';
import type { KafkaClient, OutgoingRecord } from './kafka-client.ts';
import { checkLogTopic, guarded, type LogTopic, openLogTopic } from './kafka-topic.ts';
import type { AppendedRun, Following, LogFollower, RefusedMessage, SharedLog } from './shared-log.ts';
import { TopicProducer } from './topic-producer.ts';

const SECRET_BYTES = 16;
/** How soon partitions that were added are noticed. */
const LOOK_MS = 5000;
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
  /** Nothing is sealed with it here: it only tells this topic from every other one. */
  readonly secret: Uint8Array;
  readonly topic: string;
  readonly starts: readonly number[];
  readonly #client: KafkaClient;
  readonly #ends: number[];
  readonly #reader = new RecordReader();
  readonly #producer: TopicProducer;
  readonly #setAside: ((messages: readonly RefusedMessage[]) => Promise<void>) | undefined;
  #logTimeMs = 0;
  #isClosed = false;

  /**
   * Opens the topic, makes it where there is none.
   * @param setAside takes messages that cannot be applied; more of their partition is read once it has resolved
   * @throws BeckonError LOG_TOPIC_REFUSED, LOG_PARTITIONS_CHANGED, LOG_UNAVAILABLE
   */
  static async open(
    client: KafkaClient,
    topic: string,
    partitions: number,
    setAside?: (messages: readonly RefusedMessage[]) => Promise<void>,
  ): Promise<KafkaLog> {
    return new KafkaLog(client, await openLogTopic(client, topic, partitions), setAside);
  }

  private constructor(
    client: KafkaClient,
    { name, id = '', starts, ends }: LogTopic,
    setAside: ((messages: readonly RefusedMessage[]) => Promise<void>) | undefined,
  ) {
    this.#client = client;
    this.#setAside = setAside;
    this.topic = name;
    this.secret = createHash('sha256').update(`${name} ${id}`).digest().subarray(0, SECRET_BYTES);
    this.#producer = new TopicProducer(client, name);
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
    const runs = await this.#producer.send(this.#outgoing(records));
    for (const { partition, firstOffset, count } of runs)
      this.#ends[partition] = Math.max(this.#ends[partition], firstOffset + count);
    return runs;
  }

  /** Groups up to the end that the topic has now, in the order of their log times. */
  read(from: readonly number[], logTimesMs?: readonly number[]): AsyncIterable<LogGroup> {
    this.#checkOpen();
    return this.#groups(from, logTimesMs);
  }

  async *#groups(from: readonly number[], logTimesMs?: readonly number[]): AsyncGenerator<LogGroup> {
    await this.refresh();
    const merge = new GroupMerge(this.#held(from), this.#ends);
    if (merge.isDone) return;
    const following = await this.follow({
      from,
      logTimesMs,
      take: (followed) => merge.add(followed),
      reached: () => {},
    });
    following.ended.catch((error: Error) => merge.fail(error));
    try {
      for (;;) {
        const group = await merge.next();
        // Before the end, too: whether there is another group is up to how much a broker gave at once.
        this.#checkOpen();
        if (group === undefined) return;
        yield group;
      }
    } finally {
      await following.close();
    }
  }

  async follow({ from, logTimesMs, withHeaders = false, take, reached }: LogFollower): Promise<Following> {
    const builders = this.#ends.map(
      (_, partition) => new GroupBuilder(partition, this.partitions, logTimesMs?.[partition] ?? 0, withHeaders),
    );
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
          const { groups, refused } = builder.take();
          const full = take({ partition, groups, nextOffset, end });
          // A log that is only looked at sets nothing aside.
          if (refused.length === 0 || this.#setAside === undefined) return full;
          return Promise.all([full, this.#setAside(refused)]).then(() => {});
        },
      },
      reached,
    });
    const changed = Promise.withResolvers<never>();
    const looks = setInterval(() => void this.#look().catch(changed.reject), LOOK_MS);
    return {
      ended: Promise.race([following.ended, changed.promise]).catch((cause: Error) => {
        clearInterval(looks);
        if (cause instanceof BeckonError) throw cause;
        throw new BeckonError(
          'LOG_DAMAGED',
          `The topic ${this.topic} no longer holds what is to be read: ${cause.message}.`,
          { cause },
        );
      }),
      close: () => {
        clearInterval(looks);
        return following.close();
      },
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
    this.#producer.close();
    await this.#client.close();
  }

  #outgoing(records: Uint8Array): OutgoingRecord[] {
    const reader = this.#reader;
    const outgoing: OutgoingRecord[] = [];
    reader.reset(records);
    while (reader.next()) {
      const { subjectStart, subjectEnd } = reader;
      const key = Buffer.from(records.subarray(subjectStart, subjectEnd));
      const partition = shardOf(key, 0, key.length, this.partitions);
      outgoing.push({ partition, key, value: messageValue(reader.event()), headers: HEADERS });
    }
    return outgoing;
  }

  /** @throws BeckonError LOG_PARTITIONS_CHANGED, LOG_TOPIC_REFUSED: what others write from now on would be missed */
  async #look(): Promise<void> {
    const facts = await this.#client.topic(this.topic).catch(() => undefined);
    if (facts !== undefined) checkLogTopic(this.topic, facts, this.partitions);
  }

  /** What the topic's retention has removed is passed over. */
  #held(from: readonly number[]): number[] {
    return from.map((offset, partition) => Math.max(offset, this.starts[partition]));
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new BeckonError('LOG_UNAVAILABLE', 'The log is closed.');
  }
}
