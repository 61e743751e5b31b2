import { setTimeout as delay } from 'node:timers/promises';
import { Admin, Consumer, Producer } from '@platformatic/kafka';
import type { MessageHeaders } from '../events/message.ts';
import {
  type FetchSink,
  type FollowOptions,
  type JoinOptions,
  type KafkaClient,
  type KafkaConnection,
  OffsetMissing,
  type OutgoingRecord,
  type TopicBounds,
  type TopicFacts,
} from './kafka-client.ts';
import { PlatformaticGroup } from './platformatic-group.ts';
import type { Following } from './shared-log.ts';

/** A broker that does not answer within these is away. */
const CONNECT_TIMEOUT_MS = 1000;
const REQUEST_TIMEOUT_MS = 5000;
/** Between two tries while it is away. */
const RETRY_MS = 200;
/** How long a broker may hold a fetch that has nothing to give: an idle service asks twice a second. */
const FETCH_WAIT_MS = 500;
/** While some partitions wait for their reader, the others must not make them wait too. */
const BUSY_WAIT_MS = 10;
/** One fetch is decoded and folded in some 20 ms. */
const FETCH_BYTES_MAX = 4 * 1024 * 1024;
const PARTITION_BYTES_MAX = 1024 * 1024;
const READ_COMMITTED = 1;
const TOPIC_RESOURCE = 2;
const TIMESTAMP_TYPE = 'message.timestamp.type';
const LATEST = -1n;
const EARLIEST = -2n;
/** Bits of a batch's attributes. */
const APPEND_TIME = 8;
const TRANSACTIONAL = 16;
const CONTROL = 32;

type FetchedPartition = Awaited<ReturnType<Consumer['fetch']>>['responses'][number]['partitions'][number];

/** @platformatic/kafka behind the port: the log is read with plain fetches, without a group. */
export class PlatformaticClient implements KafkaClient {
  readonly #base;
  readonly #admin: Admin;
  readonly #producer: Producer;
  /** Asks for offsets and topics; each that follows has one of its own. */
  readonly #asker: Consumer;
  readonly #following = new Set<Following>();

  constructor({ brokers, clientId, tls, sasl }: KafkaConnection) {
    this.#base = {
      clientId,
      bootstrapBrokers: [...brokers],
      connectTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      timeout: REQUEST_TIMEOUT_MS,
      retryDelay: RETRY_MS,
      strict: false,
      ...(tls === undefined ? {} : { tls: { ...tls } }),
      ...(sasl === undefined ? {} : { sasl: { ...sasl } }),
    };
    this.#admin = new Admin({ ...this.#base, retries: 2 });
    this.#producer = new Producer({ ...this.#base, retries: 2, acks: -1 });
    this.#asker = new Consumer({ ...this.#base, retries: 2, groupId: clientId });
  }

  async topic(name: string): Promise<TopicFacts | undefined> {
    const names = await this.#admin.listTopics();
    if (!names.includes(name)) return undefined;
    try {
      const facts = (await this.#asker.metadata({ topics: [name], forceUpdate: true })).topics.get(name);
      const [described] = await this.#admin.describeConfigs({
        resources: [{ resourceType: TOPIC_RESOURCE, resourceName: name, configurationKeys: [TIMESTAMP_TYPE] }],
      });
      const timestampType = described.configs.find((config) => config.name === TIMESTAMP_TYPE)?.value ?? '';
      return facts === undefined ? undefined : { partitions: facts.partitionsCount, id: facts.id, timestampType };
    } catch (error) {
      // A topic that was just made is listed before all that is to be known of it is.
      if (hasCode(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return undefined;
      throw error;
    }
  }

  async createTopic(name: string, partitions: number, settings: Readonly<Record<string, string>>): Promise<void> {
    const configs = Object.entries(settings).map(([name, value]) => ({ name, value }));
    try {
      await this.#admin.createTopics({ topics: [name], partitions, replicas: -1, configs });
    } catch (error) {
      if (!hasCode(error, 'TOPIC_ALREADY_EXISTS')) throw error;
    }
  }

  async bounds(topic: string): Promise<TopicBounds> {
    const at = async (timestamp: bigint): Promise<number[]> => {
      const offsets = await this.#asker.listOffsets({ topics: [topic], timestamp, isolationLevel: READ_COMMITTED });
      return (offsets.get(topic) ?? []).map(Number);
    };
    return { starts: await at(EARLIEST), ends: await at(LATEST) };
  }

  async produce(topic: string, records: readonly OutgoingRecord[]): Promise<ReadonlyMap<number, number>> {
    const messages = records.map(({ partition, key, value, headers }) => ({
      topic,
      partition,
      key: key ?? undefined,
      value: value ?? undefined,
      headers: new Map(headers.map(([name, bytes]) => [Buffer.from(name), bytes ?? Buffer.alloc(0)])),
    }));
    const { offsets = [] } = await this.#producer.send({ messages });
    return new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]));
  }

  async follow(options: FollowOptions): Promise<Following> {
    const consumer = new Consumer({ ...this.#base, retries: 0, groupId: `${this.#base.clientId}-log` });
    const following = new Fetching(consumer, options);
    this.#following.add(following);
    return following;
  }

  join(options: JoinOptions): Following {
    const following = new PlatformaticGroup(this.#base, options);
    this.#following.add(following);
    return following;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#following].map((following) => following.close()));
    await Promise.all([this.#admin.close(), this.#producer.close(), this.#asker.close(true)]);
  }
}

/** Fetches all partitions of a topic, from each broker that leads some, until it is closed. */
class Fetching implements Following {
  readonly ended: Promise<void>;
  readonly #consumer: Consumer;
  readonly #options: FollowOptions;
  readonly #next: number[];
  /** Partitions whose reader wants no more yet. */
  readonly #busy = new Set<number>();
  #freed = Promise.withResolvers<void>();
  #isClosed = false;

  constructor(consumer: Consumer, options: FollowOptions) {
    this.#consumer = consumer;
    this.#options = options;
    this.#next = [...options.from];
    this.ended = this.#run();
    this.ended.catch(() => {});
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#freed.resolve();
    await this.#consumer.close(true).catch(() => {});
    await this.ended.catch(() => {});
  }

  /** One round for each change of who leads what. */
  async #run(): Promise<void> {
    const { topic, reached } = this.#options;
    while (!this.#isClosed) {
      try {
        const metadata = await this.#consumer.metadata({ topics: [topic], forceUpdate: true });
        const facts = metadata.topics.get(topic);
        if (facts === undefined) throw new Error(`there is no topic ${topic}`);
        const byLeader = new Map<number, number[]>();
        for (const [partition, { leader }] of facts.partitions.entries())
          byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition]);
        await Promise.all([...byLeader].map(([leader, partitions]) => this.#fetchOn(facts.id, leader, partitions)));
      } catch (error) {
        if (this.#isClosed) return;
        if (hasCode(error, 'OFFSET_OUT_OF_RANGE')) throw new OffsetMissing((error as Error).message);
        reached(error as Error);
        await delay(RETRY_MS);
      }
    }
  }

  async #fetchOn(topicId: string, node: number, partitions: readonly number[]): Promise<void> {
    const { reached } = this.#options;
    while (!this.#isClosed) {
      const wanted = partitions.filter((partition) => !this.#busy.has(partition));
      if (wanted.length === 0) {
        await this.#freed.promise;
        continue;
      }
      const response = await this.#consumer.fetch({
        node,
        topics: [
          {
            topicId,
            partitions: wanted.map((partition) => ({
              partition,
              currentLeaderEpoch: -1,
              fetchOffset: BigInt(this.#next[partition]),
              lastFetchedEpoch: -1,
              partitionMaxBytes: PARTITION_BYTES_MAX,
            })),
          },
        ],
        minBytes: 1,
        maxBytes: FETCH_BYTES_MAX,
        maxWaitTime: wanted.length < partitions.length ? BUSY_WAIT_MS : FETCH_WAIT_MS,
        isolationLevel: READ_COMMITTED,
      });
      if (this.#isClosed) return;
      for (const { partitions } of response.responses) for (const fetched of partitions) this.#take(fetched);
      reached();
    }
  }

  #take(fetched: FetchedPartition): void {
    const { partitionIndex: partition } = fetched;
    const { sink } = this.#options;
    sink.begin(partition);
    this.#next[partition] = visitBatches(fetched, this.#next[partition], sink);
    const full = sink.end(this.#next[partition], Number(fetched.highWatermark));
    if (full === undefined) return;
    this.#busy.add(partition);
    void full.then(() => {
      this.#busy.delete(partition);
      this.#freed.resolve();
      this.#freed = Promise.withResolvers();
    });
  }
}

/** Shows the committed records from an offset on. @returns the offset after the last batch */
const visitBatches = ({ records, abortedTransactions }: FetchedPartition, from: number, sink: FetchSink): number => {
  const pending = (abortedTransactions ?? []).toSorted((a, b) => Number(a.firstOffset - b.firstOffset));
  const aborted = new Set<bigint>();
  let next = from;
  for (const batch of records ?? []) {
    const { attributes, producerId } = batch;
    const first = Number(batch.firstOffset);
    while (pending.length > 0 && pending[0].firstOffset <= batch.firstOffset) {
      aborted.add(pending[0].producerId);
      pending.shift();
    }
    next = Math.max(next, first + batch.lastOffsetDelta + 1);
    // A control batch ends a transaction, whether that was committed or not.
    if ((attributes & CONTROL) !== 0) aborted.delete(producerId);
    if ((attributes & CONTROL) !== 0 || ((attributes & TRANSACTIONAL) !== 0 && aborted.has(producerId))) continue;
    const isAppendTime = (attributes & APPEND_TIME) !== 0;
    const timestampMs = Number(isAppendTime ? batch.maxTimestamp : batch.firstTimestamp);
    for (const record of batch.records) {
      const offset = first + record.offsetDelta;
      // A batch is fetched whole, from before the asked offset on.
      if (offset < from) continue;
      const timeMs = isAppendTime ? timestampMs : timestampMs + Number(record.timestampDelta);
      sink.record(offset, timeMs, record.key, record.value, () => headersOf(record.headers));
    }
  }
  return next;
};

const headersOf = (headers: readonly (readonly [Buffer | null, Buffer | null])[]): MessageHeaders =>
  headers.map(([name, value]) => [name === null ? '' : name.toString(), value]);

/** Errors of the protocol stand somewhere among those that a call failed with. */
const hasCode = (error: unknown, code: string): boolean => {
  const { apiId, errors = [], cause } = error as { apiId?: string; errors?: unknown[]; cause?: unknown };
  return apiId === code || [...errors, ...(cause === undefined ? [] : [cause])].some((inner) => hasCode(inner, code));
};
