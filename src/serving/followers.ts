import { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { type MeasuredFollower, measures } from '../base/measures.ts';
import type { OutboxReader, OutgoingMessage, OutPage } from '../state/outbox-reader.ts';
import { ownError } from './own-error.ts';

/** How often is looked for news: below what a person notices, and 10 µs a follower. */
const LOOK_MS = 100;
/** Proxies cut what is silent for a minute; half of it, to be safe with most. */
const HEARTBEAT_MS = 15_000;
/** Messages that are read at a time. */
const PAGE = 100;
/** Of one follower and look, so that one who wants little of much does not hold the loop. */
const PAGES_MAX = 10;

/** The way to one follower, as its door has it. */
export interface FollowerWay {
  /** Bytes that the follower has not taken yet. */
  readonly waitingBytes: number;
  /** @returns whether the follower wants a message: asked once for each, in order, right before it is sent */
  wants(message: OutgoingMessage): boolean;
  send(messages: readonly OutgoingMessage[]): void;
  /** Nothing was sent for long. @param cursor up to which it has everything */
  beat(cursor: number): void;
  /** The last word. */
  end(why: BeckonError): void;
  /** Takes back what was never taken. */
  cut(): void;
}

interface Follower {
  readonly way: FollowerWay;
  cursor: number;
  /** Of a monotonic clock: when something was last sent, and when it last took all that was sent. */
  sentMs: number;
  clearMs: number;
}

/**
 * Those who follow the stream, whichever door they came through. Messages wait in the outbox and not here: a slow follower is
 * read for no further than its buffer, and one that takes nothing for long is cut off with the reason, to come back by its
 * cursor.
 */
export class Followers {
  private readonly all = new Set<Follower>();
  private readonly onInternal: (cause: unknown) => void;
  /** What was read in one look, by cursor: most follow from the same one. */
  private readonly pages = new Map<number, OutPage>();
  private outbox: OutboxReader | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(onInternal: (cause: unknown) => void) {
    this.onInternal = onInternal;
  }

  /** @throws BeckonError OVERLOADED where there are as many as may be */
  checkRoom(): void {
    if (this.all.size >= LIMITS.streamFollowersMax)
      throw new BeckonError('OVERLOADED', `${this.all.size} others follow the stream here; come again later`);
  }

  /**
   * @param cursor what comes after it is sent
   * @returns to be called when the follower has left
   */
  add(way: FollowerWay, outbox: OutboxReader, cursor: number): () => void {
    const nowMs = performance.now();
    const follower: Follower = { way, cursor, sentMs: nowMs, clearMs: nowMs };
    this.outbox = outbox;
    this.all.add(follower);
    tell('came');
    if (this.isClosed) this.end(follower, stopping());
    else {
      this.timer ??= setInterval(() => this.look(), LOOK_MS);
      this.pages.clear();
      this.serve(follower);
    }
    return () => {
      if (!this.all.has(follower)) return;
      tell('left');
      this.remove(follower);
    };
  }

  /** Ends all: they come back to whoever takes over. */
  close(): void {
    this.isClosed = true;
    for (const follower of this.all) this.end(follower, stopping());
  }

  private look(): void {
    this.pages.clear();
    for (const follower of this.all) this.serve(follower);
  }

  private serve(follower: Follower): void {
    try {
      this.send(follower);
    } catch (error) {
      const told = ownError(error, this.onInternal);
      if (told.code === 'CURSOR_EXPIRED') tell('expired');
      this.end(follower, told);
    }
  }

  /** Sends what there is and has room. */
  private send(follower: Follower): void {
    const { way } = follower;
    const nowMs = performance.now();
    if (way.waitingBytes === 0) follower.clearMs = nowMs;
    else if (nowMs - follower.clearMs > LIMITS.streamStallMsMax) {
      tell('slow');
      throw new BeckonError(
        'STREAM_UNAVAILABLE',
        `nothing was taken for ${LIMITS.streamStallMsMax} ms; go on after ${follower.cursor}`,
      );
    }
    for (let pages = 0; pages < PAGES_MAX && way.waitingBytes < LIMITS.streamBufferBytesMax; pages++) {
      const { messages, next, more } = this.page(follower.cursor);
      const wanted = messages.filter((message) => way.wants(message));
      if (wanted.length > 0) {
        way.send(wanted);
        follower.sentMs = nowMs;
      }
      follower.cursor = next;
      if (!more) break;
    }
    if (nowMs - follower.sentMs > HEARTBEAT_MS && way.waitingBytes === 0) {
      // The cursor goes with it, so that one that lets little through does not grow old.
      way.beat(follower.cursor);
      follower.sentMs = nowMs;
    }
  }

  private page(cursor: number): OutPage {
    let page = this.pages.get(cursor);
    if (page === undefined) {
      page = (this.outbox as OutboxReader).after(cursor, PAGE);
      this.pages.set(cursor, page);
    }
    return page;
  }

  private end(follower: Follower, why: BeckonError): void {
    this.remove(follower);
    const { way } = follower;
    way.end(why);
    // What a stalled follower never takes must not stay.
    if (way.waitingBytes > 0) setTimeout(() => way.cut(), LOOK_MS).unref();
  }

  private remove(follower: Follower): void {
    this.all.delete(follower);
    if (this.all.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.pages.clear();
  }
}

const stopping = (): BeckonError => new BeckonError('SHUTTING_DOWN', 'the service is stopping');

const tell = (how: MeasuredFollower['how']): void => measures.follower.publish({ how } satisfies MeasuredFollower);
