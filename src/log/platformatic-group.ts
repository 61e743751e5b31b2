import { setTimeout as delay } from 'node:timers/promises';
import { Consumer, type ConsumerOptions, type Message, type MessagesStream } from '@platformatic/kafka';
import type { MessageHeaders } from '../events/message.ts';
import type { JoinOptions } from './kafka-client.ts';
import type { Following } from './shared-log.ts';
import { SourceLane } from './source-lane.ts';

type Base = Omit<ConsumerOptions<Buffer, Buffer, Buffer, Buffer>, 'groupId'>;

const RETRY_MS = 500;
/** Records that are held before the stream is stopped, and those at which it goes on. */
const HELD_MAX = 20_000;
const HELD_LOW = 10_000;
/** How long there may be something to read and nothing comes, before the group is joined anew. */
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

/** One stay in the group. */
class Member {
  readonly #options: JoinOptions;
  readonly #consumer: Consumer;
  readonly #lanes = new Map<string, SourceLane>();
  readonly #over = Promise.withResolvers<void>();
  #stream: MessagesStream<Buffer, Buffer, Buffer, Buffer> | undefined;
  #movedMs = performance.now();

  constructor(base: Base, options: JoinOptions) {
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
      await Promise.race([this.#read(), this.#over.promise]);
      await this.#over.promise;
    } finally {
      clearInterval(looks);
      for (const lane of this.#lanes.values()) lane.close();
      this.#stream?.on('error', () => {});
      await this.#consumer.close(true).catch(() => {});
    }
  }

  async #read(): Promise<void> {
    const stream = await this.#consumer.consume({
      topics: [...this.#options.topics],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: false,
      minBytes: 1,
      maxWaitTime: RETRY_MS,
    });
    this.#stream = stream;
    stream.on('error', (error) => this.#over.reject(error));
    stream.on('data', (message) => this.#add(message));
    this.#options.reached();
  }

  #add(message: Message<Buffer, Buffer, Buffer, Buffer>): void {
    const { topic, partition, key, value, timestamp, headerEntries, offset } = message;
    const name = `${partition} ${topic}`;
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = new SourceLane(topic, partition, {
        take: this.#options.take,
        commit: (...place) => this.#commit(...place),
        failed: (error) => this.#over.reject(error),
      });
      this.#lanes.set(name, lane);
    }
    const headers: MessageHeaders = headerEntries.map(([name, value]) => [String(name), value ?? null]);
    lane.add({
      offset: Number(offset),
      timestampMs: Number(timestamp),
      key: key ?? null,
      value: value ?? null,
      headers,
    });
    if (this.#held > HELD_MAX) this.#stream?.pause();
  }

  get #held(): number {
    let held = 0;
    for (const { length } of this.#lanes.values()) held += length;
    return held;
  }

  async #commit(topic: string, partition: number, nextOffset: number): Promise<void> {
    await this.#consumer.commit({ offsets: [{ topic, partition, offset: BigInt(nextOffset), leaderEpoch: 0 }] });
    this.#movedMs = performance.now();
    this.#options.reached();
    if (this.#stream?.isPaused() && this.#held < HELD_LOW) this.#stream.resume();
  }

  /** A stream that gives nothing although there is something is left. */
  async #look(): Promise<void> {
    if (performance.now() - this.#movedMs < STALLED_MS || this.#held > 0) return;
    try {
      const lags = await this.#consumer.getLag({ topics: [...this.#options.topics] });
      const hasMore = [...lags.values()].some((partitions) => partitions.some((lag) => lag > 0n));
      if (hasMore && performance.now() - this.#movedMs >= STALLED_MS)
        this.#over.reject(new Error('the group gives nothing although there is something to read'));
    } catch (error) {
      this.#over.reject(error as Error);
    }
  }
}
