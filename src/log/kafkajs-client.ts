import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Admin,
  type Consumer,
  type EachBatchPayload,
  type IHeaders,
  Kafka,
  type KafkaMessage,
  logLevel,
  type Producer,
} from 'kafkajs';
import type { MessageHeaders } from '../events/message.ts';
import {
  FETCH_WAIT_MS,
  type FetchSizes,
  type FollowOptions,
  type JoinOptions,
  type KafkaClient,
  type KafkaConnection,
  LOG_FETCH,
  OffsetMissing,
  type OutgoingRecord,
  SOURCE_FETCH,
  type TopicBounds,
  type TopicFacts,
} from './kafka-client.ts';
import type { Following } from './shared-log.ts';

const CONNECT_TIMEOUT_MS = 1000;
const REQUEST_TIMEOUT_MS = 5000;
/** Its own retries would end after some 10 s of an outage; what it gives up is begun anew for ever. */
const RETRY = { retries: 2, initialRetryTime: 100, maxRetryTime: 500 };
/** Between two starts of a consumer. */
const RESTART_MS = 200;
/** After how long without a fetch a broker counts as away. */
const AWAY_MS = 2500;
const TOPIC_RESOURCE = 2;
const TIMESTAMP_TYPE = 'message.timestamp.type';
/** Records that are taken together. */
const TAKEN_MAX = 2000;
/** Partitions of sources that are taken at once. */
const SOURCES_AT_ONCE = 4;

/** kafkajs behind the port: it reads in groups only, so the log is read by a group of one that commits nothing. */
export class KafkajsClient implements KafkaClient {
  readonly #kafka: Kafka;
  readonly #clientId: string;
  readonly #admin: Connected<Admin>;
  readonly #producer: Connected<Producer>;
  readonly #following = new Set<Following>();

  constructor({ brokers, clientId, tls, sasl }: KafkaConnection) {
    this.#clientId = clientId;
    this.#kafka = new Kafka({
      clientId,
      brokers: [...brokers],
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      retry: RETRY,
      logLevel: logLevel.NOTHING,
      ...(tls === undefined ? {} : { ssl: { ...tls } }),
      ...(sasl === undefined ? {} : { sasl: { ...sasl, mechanism: sasl.mechanism.toLowerCase() } as never }),
    });
    this.#admin = new Connected(this.#kafka.admin());
    this.#producer = new Connected(this.#kafka.producer({ retry: RETRY }));
  }

  async topic(name: string): Promise<TopicFacts | undefined> {
    const admin = await this.#admin.get();
    if (!(await admin.listTopics()).includes(name)) return undefined;
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: TOPIC_RESOURCE, name, configNames: [TIMESTAMP_TYPE] }],
    });
    const entry = resources[0].configEntries.find(({ configName }) => configName === TIMESTAMP_TYPE);
    return { partitions: topics[0].partitions.length, id: undefined, timestampType: entry?.configValue ?? '' };
  }

  async createTopic(topic: string, partitions: number, settings: Readonly<Record<string, string>>): Promise<void> {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    const made = { topic, numPartitions: partitions, replicationFactor: -1, configEntries };
    // Says false, and does not throw, where there is one already.
    await (await this.#admin.get()).createTopics({ topics: [made] });
  }

  async bounds(topic: string): Promise<TopicBounds> {
    const starts: number[] = [];
    const ends: number[] = [];
    for (const { partition, low, high } of await (await this.#admin.get()).fetchTopicOffsets(topic)) {
      starts[partition] = Number(low);
      ends[partition] = Number(high);
    }
    return { starts, ends };
  }

  async produce(topic: string, records: readonly OutgoingRecord[]): Promise<ReadonlyMap<number, number>> {
    const messages = records.map(({ headers, ...record }) => ({ ...record, headers: toHeaders(headers) }));
    const sent = await (await this.#producer.get()).send({ topic, messages, acks: -1 });
    return new Map(sent.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]));
  }

  async follow(options: FollowOptions): Promise<Following> {
    const consumer = this.#kafka.consumer(consumerOf(`${this.#clientId}-log-${randomUUID()}`, LOG_FETCH));
    return this.#keep(new LogReader(consumer, options));
  }

  join(options: JoinOptions): Following {
    return this.#keep(new GroupReader(this.#kafka.consumer(consumerOf(options.group, SOURCE_FETCH)), options));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#following].map((following) => following.close()));
    await Promise.all([this.#admin.close(), this.#producer.close()]);
  }

  #keep(following: Following): Following {
    this.#following.add(following);
    return following;
  }
}

const consumerOf = (groupId: string, { bytesMax, partitionBytesMax }: FetchSizes) => ({
  groupId,
  minBytes: 1,
  maxBytes: bytesMax,
  maxBytesPerPartition: partitionBytesMax,
  maxWaitTimeInMs: FETCH_WAIT_MS,
  sessionTimeout: 10_000,
  heartbeatInterval: 1000,
  retry: { ...RETRY, restartOnFailure: async () => true },
});

/** Connects when it is first used, and again where that has failed. */
class Connected<T extends { connect(): Promise<void>; disconnect(): Promise<void> }> {
  readonly #client: T;
  #connecting: Promise<T> | undefined;

  constructor(client: T) {
    this.#client = client;
  }

  get(): Promise<T> {
    this.#connecting ??= this.#connect();
    return this.#connecting;
  }

  async close(): Promise<void> {
    await this.#client.disconnect();
  }

  async #connect(): Promise<T> {
    try {
      await this.#client.connect();
      return this.#client;
    } catch (error) {
      this.#connecting = undefined;
      throw error;
    }
  }
}

/** What both readers do: run until closed, and tell whether the brokers are there. */
abstract class Reader implements Following {
  readonly ended: Promise<void>;
  protected readonly consumer: Consumer;
  readonly #reached: (trouble?: Error) => void;
  readonly #end = Promise.withResolvers<void>();
  readonly #looks: NodeJS.Timeout;
  #fetchedMs = performance.now();
  #isClosed = false;

  constructor(consumer: Consumer, reached: (trouble?: Error) => void) {
    this.consumer = consumer;
    this.#reached = reached;
    this.ended = this.#end.promise;
    this.ended.catch(() => {});
    consumer.on(consumer.events.FETCH, () => {
      this.#fetchedMs = performance.now();
      reached();
    });
    this.#looks = setInterval(() => this.#look(), FETCH_WAIT_MS);
  }

  protected fail(error: Error): void {
    this.#end.reject(error);
  }

  /** Where brokers are not there yet, tries until they are. */
  protected async run(start: () => Promise<void>): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.consumer.connect();
        await start();
        return;
      } catch (error) {
        this.#reached(error as Error);
        // A consumer that could not join starts again by itself later, and until it is stopped takes no other start.
        await this.consumer.stop().catch(() => {});
        await delay(RESTART_MS);
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#looks);
    this.#end.resolve();
    await this.consumer.disconnect();
  }

  #look(): void {
    if (performance.now() - this.#fetchedMs > AWAY_MS) this.#reached(new Error('no broker answers'));
  }
}

class LogReader extends Reader {
  readonly #options: FollowOptions;
  readonly #next: number[];

  constructor(consumer: Consumer, options: FollowOptions) {
    super(consumer, options.reached);
    this.#options = options;
    this.#next = [...options.from];
    // Whoever joins again would begin at what was committed, and nothing is.
    consumer.on(consumer.events.GROUP_JOIN, () => this.#seek());
    void this.run(() => this.#start());
  }

  async #start(): Promise<void> {
    const { topic } = this.#options;
    await this.consumer.subscribe({ topics: [topic], fromBeginning: true });
    await this.consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: this.#next.length,
      eachBatch: (payload) => this.#take(payload),
    });
    this.#seek();
  }

  #seek(): void {
    const { topic } = this.#options;
    for (const [partition, offset] of this.#next.entries())
      this.consumer.seek({ topic, partition, offset: String(offset) });
  }

  async #take({ batch, isStale }: EachBatchPayload): Promise<void> {
    const { sink } = this.#options;
    const { partition, messages } = batch;
    if (isStale()) return;
    const next = this.#next[partition];
    const fetched = Number(messages[0]?.offset ?? next);
    // It passes over what the topic does not hold without a word: back to its start, or on to its end.
    if (fetched < next) {
      this.fail(new OffsetMissing(`partition ${partition} has no offset ${next}`));
      return;
    }
    sink.begin(partition);
    for (const { offset, timestamp, key, value, headers } of messages)
      sink.record(Number(offset), Number(timestamp), key, value, () => fromHeaders(headers));
    this.#next[partition] = Number(batch.lastOffset()) + 1;
    await sink.end(this.#next[partition], Number(batch.highWatermark));
  }
}

class GroupReader extends Reader {
  readonly #options: JoinOptions;

  constructor(consumer: Consumer, options: JoinOptions) {
    super(consumer, options.reached);
    this.#options = options;
    void this.run(() => this.#start());
  }

  async #start(): Promise<void> {
    await this.consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true });
    await this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: SOURCES_AT_ONCE,
      eachBatch: (payload) => this.#take(payload),
    });
  }

  async #take({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const { topic, partition, messages } = batch;
    for (let from = 0; from < messages.length && isRunning() && !isStale(); from += TAKEN_MAX) {
      const taken = messages.slice(from, from + TAKEN_MAX);
      const last = (taken.at(-1) as KafkaMessage).offset;
      await this.#options.take(
        topic,
        partition,
        taken.map(({ offset, timestamp, key, value, headers }) => ({
          offset: Number(offset),
          timestampMs: Number(timestamp),
          key,
          value,
          headers: fromHeaders(headers),
        })),
      );
      resolveOffset(last);
      await this.consumer.commitOffsets([{ topic, partition, offset: String(Number(last) + 1) }]);
      await heartbeat();
    }
  }
}

const fromHeaders = (headers: IHeaders = {}): MessageHeaders =>
  Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => [name, toBuffer(one)] as const),
  );

const toBuffer = (value: Buffer | string | undefined): Buffer | null =>
  value === undefined || value === null ? null : Buffer.from(value);

/** Names that are repeated come together. */
const toHeaders = (headers: MessageHeaders): IHeaders => {
  const made: Record<string, Buffer | Buffer[]> = {};
  for (const [name, value] of headers) {
    const bytes = value ?? Buffer.alloc(0);
    const before = made[name];
    made[name] = before === undefined ? bytes : [...(Array.isArray(before) ? before : [before]), bytes];
  }
  return made;
};
