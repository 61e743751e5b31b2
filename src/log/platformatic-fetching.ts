import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer } from '@platformatic/kafka';
import type { MessageHeaders } from '../events/message.ts';
import { FETCH_WAIT_MS, type FetchSizes } from './kafka-client.ts';
import type { Following } from './shared-log.ts';

/** Between two tries while a broker is away. */
const RETRY_MS = 200;
/** While some partitions wait for their reader, the others must not make them wait too. */
const BUSY_WAIT_MS = 10;
/** Bits of a batch's attributes. */
const APPEND_TIME = 8;
const TRANSACTIONAL = 16;
const CONTROL = 32;

export const READ_COMMITTED = 1;
/** What stands for a time where offsets are asked for. */
export const LATEST = -1n;
export const EARLIEST = -2n;

export type FetchedPartition = Awaited<ReturnType<Consumer['fetch']>>['responses'][number]['partitions'][number];
type FetchedRecord = NonNullable<FetchedPartition['records']>[number]['records'][number];

/** Headers as the client gives them. */
export type RawHeaders = readonly (readonly [name: Buffer | null, value: Buffer | null])[];

/** A partition, and the offset from which it is fetched next. */
export interface FetchedPlace {
  readonly topic: string;
  readonly partition: number;
  next: number;
}

export interface FetchingOptions {
  readonly places: readonly FetchedPlace[];
  readonly sizes: FetchSizes;
  /** Told what was fetched of a place, and moves it on. @returns when more of it may come */
  readonly take: (place: FetchedPlace, fetched: FetchedPartition) => Promise<void> | undefined;
  /** Told after each fetch, and with the reason after each that failed. */
  readonly reached: (trouble?: Error) => void;
}

/**
 * Fetches partitions, from each broker that leads some, until it is closed. Plain fetches cost a fourth of the client's own
 * stream. Its consumer is its own: a broker answers nothing else on a connection while it holds a fetch.
 */
export class PlatformaticFetching implements Following {
  /** Rejects where an offset is no longer there. */
  readonly ended: Promise<void>;
  readonly #consumer: Consumer;
  readonly #options: FetchingOptions;
  /** Places whose reader wants no more yet. */
  readonly #busy = new Set<FetchedPlace>();
  #freed = Promise.withResolvers<void>();
  #isClosed = false;

  constructor(consumer: Consumer, options: FetchingOptions) {
    this.#consumer = consumer;
    this.#options = options;
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
    const { places, reached } = this.#options;
    const topics = [...new Set(places.map(({ topic }) => topic))];
    while (!this.#isClosed && places.length > 0) {
      try {
        const metadata = await this.#consumer.metadata({ topics, forceUpdate: true });
        const ids = new Map<FetchedPlace, string>();
        const byLeader = new Map<number, FetchedPlace[]>();
        for (const place of places) {
          const facts = metadata.topics.get(place.topic);
          const leader = facts?.partitions[place.partition]?.leader;
          if (facts === undefined || leader === undefined)
            throw new Error(`there is no partition ${place.partition} of a topic ${place.topic}`);
          ids.set(place, facts.id);
          byLeader.set(leader, [...(byLeader.get(leader) ?? []), place]);
        }
        await Promise.all([...byLeader].map(([leader, led]) => this.#fetchOn(leader, led, ids)));
      } catch (error) {
        if (this.#isClosed) return;
        if (hasCode(error, 'OFFSET_OUT_OF_RANGE')) throw error;
        reached(error as Error);
        await delay(RETRY_MS);
      }
    }
  }

  async #fetchOn(node: number, led: readonly FetchedPlace[], ids: ReadonlyMap<FetchedPlace, string>): Promise<void> {
    const { take, reached, sizes } = this.#options;
    const places = new Map(led.map((place) => [`${place.partition} ${ids.get(place)}`, place]));
    while (!this.#isClosed) {
      const wanted = led.filter((place) => !this.#busy.has(place));
      if (wanted.length === 0) {
        await this.#freed.promise;
        continue;
      }
      const response = await this.#consumer.fetch({
        node,
        topics: [...Map.groupBy(wanted, (place) => ids.get(place) as string)].map(([topicId, asked]) => ({
          topicId,
          partitions: asked.map(({ partition, next }) => ({
            partition,
            currentLeaderEpoch: -1,
            fetchOffset: BigInt(next),
            lastFetchedEpoch: -1,
            partitionMaxBytes: sizes.partitionBytesMax,
          })),
        })),
        minBytes: 1,
        maxBytes: sizes.bytesMax,
        maxWaitTime: wanted.length < led.length ? BUSY_WAIT_MS : FETCH_WAIT_MS,
        isolationLevel: READ_COMMITTED,
      });
      for (const { topicId, partitions } of response.responses)
        for (const fetched of partitions) {
          if (this.#isClosed) return;
          const place = places.get(`${fetched.partitionIndex} ${topicId}`);
          if (place !== undefined) this.#wait(place, take(place, fetched));
        }
      reached();
    }
  }

  #wait(place: FetchedPlace, full: Promise<void> | undefined): void {
    if (full === undefined) return;
    this.#busy.add(place);
    void full.then(() => {
      this.#busy.delete(place);
      this.#freed.resolve();
      this.#freed = Promise.withResolvers();
    });
  }
}

/** Shows the committed records from a place on, and moves it behind the last batch. */
export const visitFetched = (
  { records, abortedTransactions }: FetchedPartition,
  place: FetchedPlace,
  visit: (offset: number, timestampMs: number, record: FetchedRecord) => void,
): void => {
  const pending = (abortedTransactions ?? []).toSorted((a, b) => Number(a.firstOffset - b.firstOffset));
  const aborted = new Set<bigint>();
  const from = place.next;
  for (const batch of records ?? []) {
    const { attributes, producerId } = batch;
    const first = Number(batch.firstOffset);
    while (pending.length > 0 && pending[0].firstOffset <= batch.firstOffset) {
      aborted.add(pending[0].producerId);
      pending.shift();
    }
    place.next = Math.max(place.next, first + batch.lastOffsetDelta + 1);
    // A control batch ends a transaction, whether that was committed or not.
    if ((attributes & CONTROL) !== 0) aborted.delete(producerId);
    if ((attributes & CONTROL) !== 0 || ((attributes & TRANSACTIONAL) !== 0 && aborted.has(producerId))) continue;
    const isAppendTime = (attributes & APPEND_TIME) !== 0;
    const timestampMs = Number(isAppendTime ? batch.maxTimestamp : batch.firstTimestamp);
    for (const record of batch.records) {
      const offset = first + record.offsetDelta;
      // A batch is fetched whole, from before the asked offset on.
      if (offset < from) continue;
      visit(offset, isAppendTime ? timestampMs : timestampMs + Number(record.timestampDelta), record);
    }
  }
};

export const headersOf = (headers: RawHeaders): MessageHeaders =>
  headers.map(([name, value]) => [name === null ? '' : name.toString(), value]);

/** Errors of the protocol stand somewhere among those that a call failed with. */
export const hasCode = (error: unknown, code: string): boolean => {
  const { apiId, errors = [], cause } = error as { apiId?: string; errors?: unknown[]; cause?: unknown };
  return apiId === code || [...errors, ...(cause === undefined ? [] : [cause])].some((inner) => hasCode(inner, code));
};
