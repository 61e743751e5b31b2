import assert from 'node:assert/strict';
import type { ClientHttp2Session } from 'node:http2';
import { constants } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { AppendRequest, AppendResponse, type Event } from '../../src/serving/grpc/generated/beckon/v1/events.ts';
import {
  ScoreBatchRequest,
  ScoreBatchResponse,
  ScoreResponse,
} from '../../src/serving/grpc/generated/beckon/v1/scoring.ts';
import { Client } from '../support/http-client.ts';
import { type Owner, startService } from '../support/service.ts';
import { until } from '../support/until.ts';
import { scoreBytes } from './abuse.ts';
import { framed, RawCall, rawSession } from './raw-call.ts';

const SESSIONS = 4;
const LANES = 6;
/** Answers that a service has given before it is stopped. */
const ANSWERS_MIN = 200;
const PREFIX_BYTES = 5;
const BATCH_CUSTOMERS = 2000;
const BATCH = ScoreBatchRequest.encode({
  ...{ campaignId: undefined, context: undefined, channels: [], actions: [], limit: undefined, at: undefined },
  customerIds: Array.from({ length: BATCH_CUSTOMERS }, (_, i) => `c${i}`),
}).finish();

/** What became of the calls of one service that was stopped while it was asked. */
export interface Stopped {
  /** Calls that were answered, of each kind. */
  scores: number;
  batches: number;
  appends: number;
  /** Refused with `UNAVAILABLE`, or never taken: to be made again at the next instance. */
  refused: number;
  /** Everything else. */
  readonly failed: string[];
}

const orderOf = (id: string): Event => ({
  ...{ type: 'order.placed', source: '/stop', id, subject: 'ada', time: undefined, dataschema: undefined },
  ...{ payload: { $case: 'dataJson', value: Buffer.from(`{"orderId":"${id}","amount":1}`) }, extensions: {} },
});

/** @returns the answer's message where the call was answered */
const called = async (
  session: ClientHttp2Session,
  method: string,
  message: Uint8Array,
  told: Stopped,
): Promise<Buffer | undefined> => {
  const call = new RawCall(session, method);
  const parts: Buffer[] = [];
  call.stream.on('data', (part: Buffer) => parts.push(part)).end(framed(message));
  const { status: code, reset } = await call.ended();
  if (code === status.OK) return Buffer.concat(parts).subarray(PREFIX_BYTES);
  // A stream that the service has not begun, or that never left.
  const isUntaken = code === undefined && (reset === constants.NGHTTP2_REFUSED_STREAM || call.stream.id === undefined);
  if (isUntaken || code === status.UNAVAILABLE) told.refused++;
  else told.failed.push(`${method} ended with ${code === undefined ? `reset ${reset}` : status[code]}`);
  return undefined;
};

const lane = async (session: ClientHttp2Session, prefix: string, told: Stopped): Promise<void> => {
  for (let i = 0; !session.closed && !session.destroyed; i++) {
    if (i % 3 === 0) {
      const message = AppendRequest.encode({ events: [orderOf(`${prefix}-${i}`)] }).finish();
      const answer = await called(session, 'EventsService/Append', message, told);
      if (answer === undefined) return;
      assert.equal(AppendResponse.decode(answer).accepted, 1);
      told.appends++;
    } else {
      const answer = await called(session, 'ScoringService/Score', scoreBytes('ada'), told);
      if (answer === undefined) return;
      assert.equal(ScoreResponse.decode(answer).decision?.customerId, 'ada');
      told.scores++;
    }
  }
};

/** Batches that are under way for long, so that a stop finds some. */
const batchLane = async (session: ClientHttp2Session, told: Stopped): Promise<void> => {
  while (!session.closed && !session.destroyed) {
    const answer = await called(session, 'ScoringService/ScoreBatch', BATCH, told);
    if (answer === undefined) return;
    assert.equal(ScoreBatchResponse.decode(answer).results.length, BATCH_CUSTOMERS);
    told.batches++;
  }
};

/**
 * Stops a service by SIGTERM while many call it, then starts another over the same data.
 * @throws where it did not end with 0, or events were acknowledged that the next one does not know
 */
export const stopUnderLoad = async (t: Owner, dataDir: string, cycle: number): Promise<Stopped> => {
  const service = await startService(t, { dataDir, env: { BECKON_SERVING_THREADS: '2' } });
  const before = await ordersOf(t, service.http);
  const told: Stopped = { scores: 0, batches: 0, appends: 0, refused: 0, failed: [] };
  const sessions = Array.from({ length: SESSIONS }, () => rawSession(t, service.grpc));
  const lanes = sessions.flatMap((session, s) => [
    batchLane(session, told),
    ...Array.from({ length: LANES }, (_, l) => lane(session, `${cycle}-${s}-${l}`, told)),
  ]);
  await until(() => told.scores + told.appends > ANSWERS_MIN && told.batches > 0);
  const exit = await service.stop();
  await Promise.all(lanes);
  assert.equal(exit, 0, service.output.stdout);
  const next = await startService(t, { dataDir });
  const kept = (await ordersOf(t, next.http)) - before;
  // One whose answer was lost on the way may stand there, too.
  assert.ok(kept >= told.appends && kept <= told.appends + SESSIONS * LANES, `${told.appends} of ${kept}`);
  assert.equal(await next.stop(), 0);
  return told;
};

/** Orders of the customer that the state knows. */
const ordersOf = async (t: Owner, address: string): Promise<number> => {
  const { status: code, json } = await new Client(t as never, address).ask('/v1/customers/ada');
  return code === 404 ? 0 : json.features.orders;
};
