import type { MessageHeaders } from '../events/message.ts';
import type { Following } from './shared-log.ts';

/** How long a broker may hold a fetch that has nothing to give: an idle service asks twice a second. */
export const FETCH_WAIT_MS = 500;

/** How much is fetched at once. */
export interface FetchSizes {
  readonly bytesMax: number;
  readonly partitionBytesMax: number;
}

/** One fetch of the log is decoded and folded in some 20 ms. */
export const LOG_FETCH: FetchSizes = { bytesMax: 4 * 1024 * 1024, partitionBytesMax: 1024 * 1024 };
/** What a source gives lives until the log has it: as much as of the log would be copied by one collection after another. */
export const SOURCE_FETCH: FetchSizes = { bytesMax: 1024 * 1024, partitionBytesMax: 512 * 1024 };

/** How brokers are reached. */
export interface KafkaConnection {
  /** `host:port` */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** PEM texts; an empty object trusts the authorities that Node trusts. Absent: no TLS. */
  readonly tls?: {
    readonly ca?: string | undefined;
    readonly cert?: string | undefined;
    readonly key?: string | undefined;
  };
  readonly sasl?: { readonly mechanism: SaslMechanism; readonly username: string; readonly password: string };
}

export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

/** A record on its way to a topic. */
export interface OutgoingRecord {
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: MessageHeaders;
}

export interface TopicFacts {
  readonly partitions: number;
  /** Changes when a topic is deleted and made anew; undefined where the client cannot tell. */
  readonly id: string | undefined;
  /** `LogAppendTime` or `CreateTime` */
  readonly timestampType: string;
}

/** One entry a partition. */
export interface TopicBounds {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/**
 * Takes what was fetched of one partition: `begin`, then `record` for each in the order of their offsets, then `end`, in one
 * turn of the loop. Records come as arguments, so that the path of every event makes no object.
 */
export interface FetchSink {
  begin(partition: number): void;
  record(
    offset: number,
    timestampMs: number,
    key: Buffer | null,
    value: Buffer | null,
    /** Made only where somebody asks. */
    headers: () => MessageHeaders,
  ): void;
  /**
   * @param nextOffset from which the partition is fetched next
   * @param highWatermark where the partition ended when it was fetched
   * @returns when more of this partition may come
   */
  end(nextOffset: number, highWatermark: number): Promise<void> | undefined;
}

export interface FollowOptions {
  readonly topic: string;
  /** First offset wanted, one a partition. */
  readonly from: readonly number[];
  readonly sink: FetchSink;
  /** Told after each fetch, and with the reason after each that failed. */
  readonly reached: (trouble?: Error) => void;
}

/** A record as its topic holds it. */
export interface SourceRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: MessageHeaders;
}

export interface JoinOptions {
  readonly topics: readonly string[];
  readonly group: string;
  /**
   * Told the records of a partition in their order; where this has resolved they are committed, and more of the partition
   * may come. Where it rejects they come again.
   */
  readonly take: (topic: string, partition: number, records: readonly SourceRecord[]) => Promise<void>;
  /** Told when records have come, and with the reason where they cannot. */
  readonly reached: (trouble?: Error) => void;
}

/**
 * What Beckon needs of a Kafka client; one implementation for each library. Every call may reject with whatever the library
 * throws: the cause for a log line, never for a branch.
 */
export interface KafkaClient {
  /** @returns undefined where there is no such topic */
  topic(name: string): Promise<TopicFacts | undefined>;
  /** Where there is one of this name already, nothing happens. */
  createTopic(name: string, partitions: number, settings: Readonly<Record<string, string>>): Promise<void>;
  bounds(topic: string): Promise<TopicBounds>;
  /**
   * Resolves when all records are acknowledged by all replicas in sync.
   * @returns the offset of the first record of each partition; those of a partition follow each other
   */
  produce(topic: string, records: readonly OutgoingRecord[]): Promise<ReadonlyMap<number, number>>;
  /** Reads all partitions from exact offsets on; only what is committed. */
  follow(options: FollowOptions): Promise<Following>;
  /** Reads topics together with the other members of a group, each partition from what the group has committed. */
  join(options: JoinOptions): Following;
  close(): Promise<void>;
}

/** A topic does not hold an offset that was asked for. */
export class OffsetMissing extends Error {}
