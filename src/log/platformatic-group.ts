import { setTimeout as delay } from 'node:timers/promises';
import { Consumer, type ConsumerOptions } from '@platformatic/kafka';
import type { MessageHeaders } from '../events/message.ts';
import { type JoinOptions, SOURCE_FETCH, type SourceRecord } from './kafka-client.ts';
import {
  EARLIEST,
  type FetchedPartition,
  type FetchedPlace,
  headersOf,
  LATEST,
  PlatformaticFetching,
  type RawHeaders,
  visitFetched,
} from './platformatic-fetching.ts';
import type { Following } from './shared-log.ts';

type Base = Omit<ConsumerOptions<Buffer, Buffer, Buffer, Buffer>, 'groupId'>;

const RETRY_MS = 500;
/** How long there may be something to read and nothing is committed, before the group is joined anew. */
const STALLED_MS = 20_000;
const LOOK_MS = 5000;
const SESSION_TIMEOUT_MS = 10_000;

/** A member of a group that joins again whenever something has gone wrong, and then reads from what was committed. */
export class PlatformaticGroup implements Following {
  readonly ended: Promise<void>;
  readonly #base: Base;
  readonly #options: JoinOptions;
  readonly #closing = new AbortController();
  #member: Member | undefined;

  constructor(base: Base, options: JoinOptions) {
    this.#base = base;
    this.#options = options;
    this.ended = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#member?.stop();
    await this.ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        this.#member = new Member(this.#base, this.#options);
        await this.#member.run();
      } catch (error) {
        if (signal.aborted) return;
        this.#options.reached(error as Error);
        await delay(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }
}

/** One stay in the group: its consumer joins and commits, another one fetches what the group has assigned. */
class Member {
  readonly #base: Base;
  readonly #options: JoinOptions;
  readonly #consumer: Consumer;
  readonly #over = Promise.withResolvers<void>();
  #fetching: PlatformaticFetching | undefined;
  #placed: readonly FetchedPlace[] = [];
  /** Of assignments: what was fetched for an earlier one is let go. */
  #round = 0;
  #taking = 0;
  /** Of the last record. */
  #raw: RawHeaders = [];
  #headers: MessageHeaders = [];
  #movedMs = performance.now();

  constructor(base: Base, options: JoinOptions) {
    this.#base = base;
    this.#options = options;
    this.#consumer = new Consumer({
      ...base,
      groupId: options.group,
      retries: 3,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: SESSION_TIMEOUT_MS / 10,
    });
  }

  stop(): void {
    this.#over.resolve();
  }

  /** @returns when it was stopped; rejects with what went wrong */
  async run(): Promise<void> {
    const looks = setInterval(() => void this.#look(), LOOK_MS);
    try {
      await Promise.race([this.#join(), this.#over.promise]);
      await this.#over.promise;
    } finally {
      clearInterval(looks);
      this.#round++;
      await this.#fetching?.close();
      await this.#consumer.close(true).catch(() => {});
    }
  }

  async #join(): Promise<void> {
    this.#consumer.topics.trackAll(...this.#options.topics);
    this.#consumer.on('consumer:group:join', () => void this.#assigned().catch(this.#over.reject));
    await this.#consumer.joinGroup();
    this.#options.reached();
  }

  /** Begins anew with the partitions that are this member's now. */
  async #assigned(): Promise<void> {
    const round = ++this.#round;
    await this.#fetching?.close();
    const places = await this.#places();
    if (round !== this.#round) return;
    this.#placed = places;
    const consumer = new Consumer({ ...this.#base, groupId: `${this.#options.group}-fetch`, retries: 0 });
    this.#fetching = new PlatformaticFetching(consumer, {
      places,
      sizes: SOURCE_FETCH,
      take: (place, fetched) => this.#take(place, fetched, round),
      reached: this.#options.reached,
    });
    this.#fetching.ended.catch(this.#over.reject);
  }

  /** Where the group stands; what retention has removed since is passed over, and a topic made anew is read from its start. */
  async #places(): Promise<FetchedPlace[]> {
    const assigned = (this.#consumer.assignments ?? []).filter(({ partitions }) => partitions.length > 0);
    const topics = assigned.map(({ topic }) => topic);
    if (topics.length === 0) return [];
    const starts = await this.#consumer.listOffsets({ topics, timestamp: EARLIEST });
    const ends = await this.#consumer.listOffsets({ topics, timestamp: LATEST });
    const committed = await this.#consumer.listCommittedOffsets({ topics: assigned });
    return assigned.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => {
        const [start, end, next] = [starts, ends, committed].map((at) => Number(at.get(topic)?.[partition] ?? -1n));
        return { topic, partition, next: next < start || next > end ? start : next };
      }),
    );
  }

  #take(place: FetchedPlace, fetched: FetchedPartition, round: number): Promise<void> | undefined {
    const records: SourceRecord[] = [];
    const before = place.next;
    visitFetched(fetched, place, (offset, timestampMs, { key, value, headers }) => {
      records.push({ offset, timestampMs, key, value, headers: this.#headersOf(headers) });
    });
    return place.next === before ? undefined : this.#taken(place, records, round);
  }

  /** Most records have those of the record before: they are made once. */
  #headersOf(raw: RawHeaders): MessageHeaders {
    if (!isSame(raw, this.#raw)) {
      this.#raw = raw;
      this.#headers = headersOf(raw);
    }
    return this.#headers;
  }

  /** More of a partition comes when this has resolved, and never where it could not be taken. */
  async #taken(
    { topic, partition, next }: FetchedPlace,
    records: readonly SourceRecord[],
    round: number,
  ): Promise<void> {
    this.#taking++;
    try {
      if (records.length > 0) await this.#options.take(topic, partition, records);
      if (round !== this.#round) return;
      await this.#consumer.commit({ offsets: [{ topic, partition, offset: BigInt(next), leaderEpoch: 0 }] });
      this.#movedMs = performance.now();
    } catch (error) {
      this.#over.reject(error);
      return Promise.withResolvers<void>().promise;
    } finally {
      this.#taking--;
    }
  }

  /** A group that gives nothing although there is something is left. */
  async #look(): Promise<void> {
    if (performance.now() - this.#movedMs < STALLED_MS || this.#taking > 0) return;
    try {
      const places = this.#placed;
      const topics = [...new Set(places.map(({ topic }) => topic))];
      const ends = topics.length === 0 ? new Map() : await this.#consumer.listOffsets({ topics, timestamp: LATEST });
      const hasMore = places.some(({ topic, partition, next }) => Number(ends.get(topic)?.[partition]) > next);
      if (hasMore && performance.now() - this.#movedMs >= STALLED_MS)
        this.#over.reject(new Error('the group gives nothing although there is something to read'));
    } catch (error) {
      this.#over.reject(error as Error);
    }
  }
}

const isSame = (one: RawHeaders, other: RawHeaders): boolean => {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++)
    if (!isEqual(one[i][0], other[i][0]) || !isEqual(one[i][1], other[i][1])) return false;
  return true;
};

const isEqual = (one: Buffer | null, other: Buffer | null): boolean =>
  one === null || other === null ? one === other : one.equals(other);
