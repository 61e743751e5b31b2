import { setTimeout as delay } from 'node:timers/promises';
import type { StreamMessage } from '../decisions/stream-message.ts';
import type { Problem } from '../serving/http/problem.ts';
import type { FollowOptions } from './beckon-client.ts';
import { CallError } from './call-error.ts';
import { mayRetry, pauseMs } from './caller.ts';
import { type HttpConnection, unreachable } from './http-connection.ts';
import { problemError } from './http-refusal.ts';
import { serverSentEvents } from './server-sent-events.ts';

/** A service that stays away longer is given up: a restart takes seconds, of a large state half a minute. */
const AWAY_MS_MAX = 120_000;
/** The service says something every 15 s; three times that, and it is gone without a word. */
const SILENCE_MS_MAX = 45_000;

/** Follows `GET /v1/decisions/stream`, across broken connections and restarts. */
export async function* followDecisions(
  http: HttpConnection,
  { after, campaignId, signal }: FollowOptions,
): AsyncGenerator<StreamMessage, void> {
  const place = { cursor: after, heardMs: performance.now(), wasOpen: false };
  for (let retries = 0; ; retries++) {
    const beforeMs = place.heardMs;
    try {
      yield* follow(http, place, campaignId, signal);
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

interface Place {
  cursor: number | undefined;
  /** Of a monotonic clock: when something came. */
  heardMs: number;
  wasOpen: boolean;
}

/** Until the connection breaks. @throws CallError, always */
async function* follow(
  http: HttpConnection,
  place: Place,
  campaignId: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<StreamMessage, never> {
  const query = new URLSearchParams();
  if (place.cursor !== undefined) query.set('after', `${place.cursor}`);
  if (campaignId !== undefined) query.set('campaignId', campaignId);
  const response = await http.open({ method: 'GET', path: `/v1/decisions/stream?${query}`, signal });
  place.wasOpen = true;
  place.heardMs = performance.now();
  response.setTimeout(SILENCE_MS_MAX, () => response.destroy(new Error('the service says nothing any more')));
  try {
    for await (const { id, event, data } of serverSentEvents(response.setEncoding('utf8'))) {
      place.heardMs = performance.now();
      if (event === 'end') throw problemError(JSON.parse(data ?? '{}') as Problem);
      if (data !== undefined) yield JSON.parse(data) as StreamMessage;
      // Only behind what has been dealt with.
      if (id !== undefined) place.cursor = Number(id);
    }
  } catch (error) {
    throw error instanceof CallError ? error : unreachable(error, 'the stream broke off');
  } finally {
    response.destroy();
  }
  throw new CallError('UNREACHABLE', 'the stream broke off');
}
