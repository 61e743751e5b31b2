import { existsSync } from 'node:fs';
import { BeckonError } from '../base/errors.ts';
import { outboxPathOf } from '../state/data-dir.ts';
import type { MetricsPart } from '../telemetry/metrics.ts';
import type { Config } from './config-schema.ts';
import { isOnKafka } from './kafka.ts';
import type { ServedPack } from './pack-changer.ts';
import type { StreamThreadData } from './threads/stream-thread.ts';
import { endThread, startThread, type Thread } from './threads/thread.ts';

/**
 * The thread behind the stream: there once somebody has asked for the stream, and then again after each start; at once where
 * it goes to a topic. With another
 * pack another thread takes over; what was done stands in the outbox.
 */
export class StreamControl {
  private readonly config: Config;
  private readonly onFailure: (error: Error) => void;
  private served: ServedPack | undefined;
  private caughtUpAt: readonly number[] = [];
  private thread: Promise<Thread> | undefined;
  private isClosing = false;

  /** @param onFailure told that the stream has ended; the service goes on */
  constructor(config: Config, onFailure: (error: Error) => void) {
    this.config = config;
    this.onFailure = onFailure;
  }

  /**
   * The service is ready.
   * @param caughtUpAt where it was before it took anything, one offset a partition of the log
   */
  ready(served: ServedPack, caughtUpAt: readonly number[]): void {
    this.served = served;
    this.caughtUpAt = caughtUpAt;
    const { dataDir, kafkaDecisionsTopic } = this.config;
    const isOut = isOnKafka(this.config) && kafkaDecisionsTopic !== '';
    if (isOut || existsSync(outboxPathOf(dataDir))) this.open().catch(() => {});
  }

  /** @returns when messages can be read. @throws BeckonError STREAM_UNAVAILABLE */
  async open(): Promise<void> {
    if (this.config.streamEveryMs === 0)
      throw new BeckonError('STREAM_UNAVAILABLE', 'the stream is switched off: `streamEveryMs` is 0');
    const { served } = this;
    if (served === undefined || this.isClosing)
      throw new BeckonError('STREAM_UNAVAILABLE', 'the service is starting or stopping');
    this.thread ??= this.start(served);
    try {
      await this.thread;
    } catch (cause) {
      throw new BeckonError('STREAM_UNAVAILABLE', 'the stream has ended after a failure', { cause });
    }
  }

  /** Another pack is in force. @returns when nobody looks at the state of the one before any more */
  async change(served: ServedPack): Promise<void> {
    this.served = served;
    const before = this.thread;
    if (before === undefined) return;
    this.thread = before.then(async (thread) => {
      await endThread(thread);
      return this.start(served);
    });
    await this.thread.catch(() => {});
  }

  async metrics(): Promise<MetricsPart[]> {
    const thread = await this.thread?.catch(() => undefined);
    return thread === undefined ? [] : [await thread.link.ask<MetricsPart>('metrics')];
  }

  async close(): Promise<void> {
    this.isClosing = true;
    const thread = await this.thread?.catch(() => undefined);
    if (thread !== undefined) await endThread(thread).catch(() => {});
  }

  /** Lets the process end although the thread does not answer. */
  abandon(): void {
    this.thread?.then(
      ({ worker }) => worker.unref(),
      () => {},
    );
  }

  private async start({ source, memory, bundles }: ServedPack): Promise<Thread> {
    const { config, caughtUpAt } = this;
    const data: StreamThreadData = { config, source, memory, bundles, caughtUpAt };
    const started = Promise.withResolvers<void>();
    const thread = startThread('./stream-thread.ts', data, { started: started.resolve });
    thread.ended.catch((error: Error) => {
      this.thread = Promise.reject(error);
      this.thread.catch(() => {});
      this.onFailure(error);
    });
    await Promise.race([started.promise, thread.ended]);
    return thread;
  }
}
