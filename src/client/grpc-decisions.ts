import type { Metadata, ServiceError } from '@grpc/grpc-js';
import type { StreamMessage } from '../decisions/stream-message.ts';
import type { ScoringServiceClient, WatchResponse } from '../serving/grpc/generated/beckon/v1/scoring.ts';
import type { FollowOptions } from './beckon-client.ts';
import { CallError } from './call-error.ts';
import { type Place, SILENCE_MS_MAX } from './decision-stream.ts';
import { grpcError } from './grpc-error.ts';
import { decisionOf } from './grpc-messages.ts';

/** Where a call begins, before anything has come. */
const CURSOR = 'beckon-cursor';

/** `ScoringService/Watch`, until the connection breaks. @throws CallError where it is known why */
export async function* grpcDecisions(
  scoring: ScoringServiceClient,
  place: Place,
  customerIds: readonly string[],
  { campaignId, signal }: FollowOptions,
): AsyncGenerator<StreamMessage, void> {
  const call = scoring.watch({ customerIds: [...customerIds], after: place.cursor, campaignId });
  const end = (): void => call.cancel();
  signal?.addEventListener('abort', end, { once: true });
  const silent = () => setTimeout(end, SILENCE_MS_MAX).unref();
  let silence = silent();
  call.on('metadata', (metadata: Metadata) => {
    place.wasOpen = true;
    place.heardMs = performance.now();
    const [cursor] = metadata.get(CURSOR);
    if (cursor !== undefined) place.cursor ??= Number(cursor);
  });
  // One that comes when nobody reads any more is no news.
  call.on('error', () => {});
  try {
    for await (const response of call as AsyncIterable<WatchResponse>) {
      place.heardMs = performance.now();
      // What is dealt with for long is no silence.
      clearTimeout(silence);
      const message = messageOf(response);
      if (message !== undefined) yield message;
      // Only behind what has been dealt with.
      place.cursor = response.cursor;
      silence = silent();
    }
  } catch (error) {
    throw error instanceof CallError ? error : grpcError(error as ServiceError);
  } finally {
    clearTimeout(silence);
    signal?.removeEventListener('abort', end);
    call.cancel();
  }
}

/** @returns undefined where only the cursor has moved */
const messageOf = ({ decision: message, cursor, trigger }: WatchResponse): StreamMessage | undefined => {
  if (message === undefined) return undefined;
  const { decisionId, customerId, at, asOf, decision, segments, scores } = decisionOf(message);
  const { campaignId } = decision;
  return {
    cursor,
    ...(trigger === undefined ? { type: 'decision.made' } : { type: 'trigger.fired', ...trigger }),
    ...{ decisionId, customerId, at, offset: asOf.offset },
    ...(campaignId === undefined ? {} : { campaignId }),
    ...{ decision, segments, scores },
  };
};
