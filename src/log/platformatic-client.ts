import { Admin, Consumer, Producer } from '@platformatic/kafka';
import type { MessageHeaders } from '../events/message.ts';
import {
  type FollowOptions,
  type JoinOptions,
  type KafkaClient,
  type KafkaConnection,
  LOG_FETCH,
  OffsetMissing,
  type OutgoingRecord,
  type TopicBounds,
  type TopicFacts,
} from './kafka-client.ts';
import {
  EARLIEST,
  hasCode,
  headersOf,
  LATEST,
  PlatformaticFetching,
  READ_COMMITTED,
  visitFetched,
} from './platformatic-fetching.ts';
import { PlatformaticGroup } from './platformatic-group.ts';
import type { Following } from './shared-log.ts';

/** A broker that does not answer within these is away. */
const CONNECT_TIMEOUT_MS = 1000;
const REQUEST_TIMEOUT_MS = 5000;
/** Between two tries while it is away. */
const RETRY_MS = 200;
const TOPIC_RESOURCE = 2;
const TIMESTAMP_TYPE = 'message.timestamp.type';

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
    let last: MessageHeaders | undefined;
    let map = new Map<Buffer, Buffer>();
    const messages = records.map(({ partition, key, value, headers }) => {
      // Most records have the very same ones.
      if (headers !== last) map = headerMapOf(headers);
      last = headers;
      return { topic, partition, key: key ?? undefined, value: value ?? undefined, headers: map };
    });
    const { offsets = [] } = await this.#producer.send({ messages });
    return new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]));
  }

  async follow({ topic, from, sink, reached }: FollowOptions): Promise<Following> {
    const consumer = new Consumer({ ...this.#base, retries: 0, groupId: `${this.#base.clientId}-log` });
    const fetching = new PlatformaticFetching(consumer, {
      places: from.map((next, partition) => ({ topic, partition, next })),
      sizes: LOG_FETCH,
      take(place, fetched) {
        sink.begin(place.partition);
        visitFetched(fetched, place, (offset, timestampMs, { key, value, headers }) =>
          sink.record(offset, timestampMs, key, value, () => headersOf(headers)),
        );
        return sink.end(place.next, Number(fetched.highWatermark));
      },
      reached,
    });
    const ended = fetching.ended.catch((error: Error) => {
      throw new OffsetMissing(error.message);
    });
    ended.catch(() => {});
    const following = { ended, close: () => fetching.close() };
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

const headerMapOf = (headers: MessageHeaders): Map<Buffer, Buffer> =>
  new Map(headers.map(([name, bytes]) => [Buffer.from(name), bytes ?? Buffer.alloc(0)]));
