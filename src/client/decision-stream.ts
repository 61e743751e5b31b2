import { setTimeout as delay } from 'node:timers/promises';
import type { StreamMessage } from '../decisions/stream-message.ts';
import type { FollowOptions } from './beckon-client.ts';
import { CallError } from './call-error.ts';
import { mayRetry, pauseMs } from './caller.ts';

/** A service that stays away longer is given up: a restart takes seconds, of a large state half a minute. */
const AWAY_MS_MAX = 120_000;
/** The service says something every 15 s; three times that, and it is gone without a word. */
export const SILENCE_MS_MAX = 45_000;

/** How far a follower has come. */
export interface Place {
  /** Of the last message that was dealt with. */
  cursor: number | undefined;
  /** Of a monotonic clock: when something came. */
  heardMs: number;
  wasOpen: boolean;
}

/**
 * Follows the stream of decisions across broken connections and restarts.
 * @param follow goes on behind a place, and moves it, until the connection breaks; throws a CallError where it knows why
 */
export async function* followDecisions(
  follow: (place: Place) => AsyncGenerator<StreamMessage, void>,
  { after, signal }: FollowOptions,
): AsyncGenerator<StreamMessage, void> {
  const place: Place = { cursor: after, heardMs: performance.now(), wasOpen: false };
  for (let retries = 0; ; retries++) {
    const beforeMs = place.heardMs;
    try {
      signal?.throwIfAborted();
      yield* follow(place);
      throw new CallError('UNREACHABLE', 'the stream broke off');
    } catch (error) {
      signal?.throwIfAborted();
      // Without a cursor nobody knows what would be passed over.
      const isLost = place.wasOpen && place.cursor === undefined;
      if (!mayRetry(error) || isLost || performance.now() - place.heardMs > AWAY_MS_MAX) throw error;
      if (place.heardMs > beforeMs) retries = 0;
      await delay(pauseMs(error, retries), undefined, { signal });
    }
  }
}
