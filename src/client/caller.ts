import { setTimeout as delay } from 'node:timers/promises';
import { CallError } from './call-error.ts';

/** How one call is made. */
export interface CallOptions {
  /** Ends the call, which then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** For the answer, attempts and waits together; that of `connect` where it is absent. */
  readonly timeoutMs?: number;
}

export interface CallerOptions {
  /** 10 s where it is absent: longer than the largest batch takes. */
  readonly timeoutMs?: number;
  /** Attempts after the first of a call that may succeed later; 3 where it is absent, 0 for none. */
  readonly retriesMax?: number;
}

/** What an attempt has to keep to. */
export interface Attempt {
  /** Aborted with what the call is to throw. */
  readonly signal: AbortSignal;
  /** ms since the epoch. */
  readonly deadlineMs: number;
}

const TIMEOUT_MS = 10_000;
const RETRIES_MAX = 3;
const PAUSE_MS = 50;
const PAUSE_MS_MAX = 5000;

/** Makes calls: within their time, and again where the service or the way to it may be better soon. */
export class Caller {
  private readonly timeoutMs: number;
  private readonly retriesMax: number;

  constructor({ timeoutMs = TIMEOUT_MS, retriesMax = RETRIES_MAX }: CallerOptions) {
    this.timeoutMs = timeoutMs;
    this.retriesMax = retriesMax;
  }

  /** @throws CallError; the reason of the signal where that ends the call */
  async call<T>(
    { signal, timeoutMs = this.timeoutMs }: CallOptions,
    attempt: (call: Attempt) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    const timer = setTimeout(
      () => controller.abort(new CallError('TIMED_OUT', `no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      return await this.attempts({ signal: controller.signal, deadlineMs: Date.now() + timeoutMs }, attempt);
    } catch (error) {
      // Whatever the abortion has broken, its reason is what the caller knows.
      throw controller.signal.aborted ? controller.signal.reason : error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  private async attempts<T>(call: Attempt, attempt: (call: Attempt) => Promise<T>): Promise<T> {
    for (let retries = 0; ; retries++) {
      try {
        return await attempt(call);
      } catch (error) {
        if (call.signal.aborted || !mayRetry(error) || retries >= this.retriesMax) throw error;
        const waitMs = pauseMs(error, retries);
        // The reason is worth more than the news that time is over.
        if (Date.now() + waitMs >= call.deadlineMs) throw error;
        await delay(waitMs, undefined, { signal: call.signal });
      }
    }
  }
}

export const mayRetry = (error: unknown): error is CallError => error instanceof CallError && error.retryable;

/** Twice as long each time, spread so that those who failed together do not come back together; never before the service says. */
export const pauseMs = ({ retryAfterMs = 0 }: CallError, retries: number): number =>
  retryAfterMs + Math.min(PAUSE_MS * 2 ** retries, PAUSE_MS_MAX) * (0.5 + Math.random() / 2);
