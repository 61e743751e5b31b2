import type { ServerResponse } from 'node:http';
import { BeckonError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import { type MeasuredFollower, measures } from '../../base/measures.ts';
import type { OutboxReader } from '../../state/outbox-reader.ts';
import { problemOf, translate } from './problem.ts';

/** How often is looked for news: below what a person notices, and 10 µs a follower. */
const LOOK_MS = 100;
/** Proxies cut what is silent for a minute; half of it, to be safe with most. */
const HEARTBEAT_MS = 15_000;

interface Follower {
  readonly response: ServerResponse;
  readonly campaign: string | undefined;
  cursor: number;
  /** Of a monotonic clock: when something was last sent, and when it last took all that was sent. */
  sentMs: number;
  clearMs: number;
}

/**
 * Those who follow the stream over Server-Sent Events. Messages wait in the outbox and not here: a slow follower is read for
 * no further than its buffer, and one that takes nothing for long is cut off with the reason, to come back by its cursor.
 */
export class Followers {
  private readonly all = new Set<Follower>();
  private readonly onInternal: (cause: unknown) => void;
  private outbox: OutboxReader | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(onInternal: (cause: unknown) => void) {
    this.onInternal = onInternal;
  }

  /** @throws BeckonError OVERLOADED where there are as many as may be */
  checkRoom(): void {
    if (this.all.size >= LIMITS.streamFollowersMax)
      throw new BeckonError('OVERLOADED', `${this.all.size} others follow the stream here; come again later`);
  }

  /** @param response whose head is sent. @param cursor what comes after it is sent */
  add(response: ServerResponse, outbox: OutboxReader, cursor: number, campaign: string | undefined): void {
    const nowMs = performance.now();
    const follower: Follower = { response, campaign, cursor, sentMs: nowMs, clearMs: nowMs };
    this.outbox = outbox;
    this.all.add(follower);
    tell('came');
    response.on('close', () => {
      if (!this.all.has(follower)) return;
      tell('left');
      this.remove(follower);
    });
    this.timer ??= setInterval(() => this.look(), LOOK_MS);
    this.serve(follower);
  }

  /** Ends all: they come back to whoever takes over. */
  close(): void {
    for (const follower of this.all) this.end(follower, new BeckonError('SHUTTING_DOWN', 'the service is stopping'));
  }

  private look(): void {
    for (const follower of this.all) this.serve(follower);
  }

  private serve(follower: Follower): void {
    try {
      this.send(follower);
    } catch (error) {
      const told = translate(error, this.onInternal);
      if (told.code === 'CURSOR_EXPIRED') tell('expired');
      this.end(follower, told);
    }
  }

  /** Sends what there is and has room. */
  private send(follower: Follower): void {
    const { response, campaign } = follower;
    const nowMs = performance.now();
    if (response.writableLength === 0) follower.clearMs = nowMs;
    else if (nowMs - follower.clearMs > LIMITS.streamStallMsMax) {
      tell('slow');
      throw new BeckonError(
        'STREAM_UNAVAILABLE',
        `nothing was taken for ${LIMITS.streamStallMsMax} ms; go on after ${follower.cursor}`,
      );
    }
    for (let more = true; more && response.writableLength < LIMITS.streamBufferBytesMax; ) {
      const page = (this.outbox as OutboxReader).after(follower.cursor, campaign, PAGE);
      const text = page.messages
        .map(({ cursor, type, text }) => `id: ${cursor}\nevent: ${type}\ndata: ${text}\n\n`)
        .join('');
      if (text !== '') {
        response.write(text);
        follower.sentMs = nowMs;
      }
      follower.cursor = page.next;
      more = page.more;
    }
    if (nowMs - follower.sentMs > HEARTBEAT_MS && response.writableLength === 0) {
      // The cursor goes with it, so that a filter that lets little through does not grow old.
      response.write(`: heartbeat\nid: ${follower.cursor}\n\n`);
      follower.sentMs = nowMs;
    }
  }

  private end(follower: Follower, why: BeckonError): void {
    this.remove(follower);
    const { response } = follower;
    response.end(`event: end\ndata: ${JSON.stringify(problemOf(why))}\n\n`);
    // What a stalled follower never takes must not keep the socket.
    if (response.writableLength > 0) setTimeout(() => response.destroy(), LOOK_MS).unref();
  }

  private remove(follower: Follower): void {
    this.all.delete(follower);
    if (this.all.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

/** Messages that are read at a time. */
const PAGE = 100;

const tell = (how: MeasuredFollower['how']): void => measures.follower.publish({ how } satisfies MeasuredFollower);
