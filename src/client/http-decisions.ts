import type { StreamMessage } from '../decisions/stream-message.ts';
import type { Problem } from '../serving/http/problem.ts';
import type { FollowOptions } from './beckon-client.ts';
import { CallError } from './call-error.ts';
import { type Place, SILENCE_MS_MAX } from './decision-stream.ts';
import { type HttpConnection, unreachable } from './http-connection.ts';
import { problemError } from './http-refusal.ts';
import { serverSentEvents } from './server-sent-events.ts';

/** `GET /v1/decisions/stream`, until the connection breaks. @throws CallError where it is known why */
export async function* httpDecisions(
  http: HttpConnection,
  place: Place,
  { campaignId, customerIds, signal }: FollowOptions,
): AsyncGenerator<StreamMessage, void> {
  if (customerIds !== undefined)
    throw new CallError('REQUEST_INVALID', 'customerIds: some customers alone are followed over gRPC');
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
}
