import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants } from 'node:http2';
import test from 'node:test';
import { status } from '@grpc/grpc-js';
import {
  ScoreBatchRequest,
  ScoreRequest,
  ScoreResponse,
  ScoreStreamRequest,
} from '../../src/serving/grpc/generated/beckon/v1/scoring.ts';
import { startService } from '../support/service.ts';
import { until } from '../support/until.ts';
import { ABUSES, scoreBytes } from './abuse.ts';
import { GrpcClient } from './grpc-client.ts';
import { framed, RawCall, rawSession } from './raw-call.ts';

const SCORE = 'ScoringService/Score';

/** Bytes in memory of a process. */
const residentBytes = (pid: number | undefined): number =>
  Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;

test('bad input over gRPC', async (t) => {
  const service = await startService(t);
  const session = rawSession(t, service.grpc);
  const ada = scoreBytes('ada');
  const statusOf = async (body: Uint8Array, headers: Record<string, string> = {}, method = SCORE): Promise<string> => {
    const call = new RawCall(session, method, headers);
    call.stream.end(body);
    const { status: code, reset } = await call.ended();
    return code === undefined ? `reset ${reset}` : status[code];
  };

  await t.test('each kind is answered with its status', async () => {
    const unknownField = Buffer.concat([ada, Buffer.from([0x7a, 0x02, 0x68, 0x69]), Buffer.from([0xf8, 0x07, 0x01])]);
    const cases: [string, Uint8Array, Record<string, string>?, string?][] = [
      ['OK', framed(ada)],
      ['OK', framed(unknownField)],
      // The customer as a number: a field that nobody knows, and no customer.
      ['INVALID_ARGUMENT', framed(Buffer.from([0x08, 0x07]))],
      ['INVALID_ARGUMENT', framed(Buffer.from([0x0a, 0x20, 0x61]))],
      ['INVALID_ARGUMENT', framed(Buffer.alloc(0))],
      ['INVALID_ARGUMENT', framed(Buffer.alloc(300, 0x0b))],
      // By the statuses of gRPC, another number of messages than the method takes.
      ['UNIMPLEMENTED', Buffer.alloc(0)],
      ['UNIMPLEMENTED', framed(ada).subarray(0, 3)],
      ['UNIMPLEMENTED', framed(ada, ada.length + 1)],
      ['UNIMPLEMENTED', Buffer.concat([framed(ada), framed(ada)])],
      ['UNIMPLEMENTED', framed(ada), {}, 'ScoringService/Nothing'],
      ['UNIMPLEMENTED', framed(ada), {}, 'NoService/Score'],
      ['RESOURCE_EXHAUSTED', framed(ada, 0xffff_ffff)],
      ['RESOURCE_EXHAUSTED', framed(Buffer.alloc(10 << 20))],
      ['INTERNAL', framed(ada), { 'grpc-timeout': 'soon' }],
    ];
    for (const [wanted, body, headers, method] of cases)
      assert.equal(await statusOf(body, headers, method), wanted, Buffer.from(body.subarray(0, 20)).toString('hex'));
    const json = new RawCall(session, SCORE, { 'content-type': 'application/json' });
    json.stream.on('response', (head) => assert.equal(head[':status'], 415)).end('{}');
    await json.ended();
    assert.equal(await statusOf(framed(ada), { 'grpc-encoding': 'br' }), 'OK', 'not compressed all the same');
  });

  await t.test('a message that is too large is refused by its length, and hardly any of it is taken', async () => {
    const own = rawSession(t, service.grpc);
    const call = new RawCall(own, SCORE);
    call.stream.end(framed(Buffer.alloc(10 << 20)));
    assert.equal((await call.ended()).status, status.RESOURCE_EXHAUSTED);
    const next = new RawCall(own, SCORE);
    next.stream.end(framed(ada));
    assert.equal((await next.ended()).status, status.OK);
    assert.ok(own.socket.bytesWritten < 1 << 20, `${own.socket.bytesWritten} bytes`);
  });

  await t.test('a stream says which question was wrong, and one that breaks off ends', async () => {
    const bad = framed(Buffer.from([0x0a, 0xff]));
    assert.equal(await statusOf(bad, {}, 'ScoringService/ScoreStream'), 'OK');
    assert.equal(await statusOf(framed(ada).subarray(0, 4), {}, 'ScoringService/ScoreStream'), 'OK');
    assert.equal(await statusOf(framed(ada, 2 << 20), {}, 'ScoringService/ScoreStream'), 'RESOURCE_EXHAUSTED');
    assert.equal(await statusOf(bad, {}, 'EventsService/AppendStream'), 'INVALID_ARGUMENT');
    assert.equal(await statusOf(framed(ada, 2 << 20), {}, 'EventsService/AppendStream'), 'RESOURCE_EXHAUSTED');
  });

  await t.test('one who asks a thousand questions at once does not make others wait for all answers', async () => {
    const asked = 1000;
    const question = framed(ScoreStreamRequest.encode({ id: '1', request: ScoreRequest.decode(ada) }).finish());
    const greedy = new RawCall(rawSession(t, service.grpc), 'ScoringService/ScoreStream');
    let bytes = 0;
    let atAnswer = 0;
    greedy.stream.on('data', (piece: Buffer) => {
      bytes += piece.length;
    });
    greedy.stream.end(Buffer.concat(Array<Buffer>(asked).fill(question)));
    const ended = greedy.ended();
    await once(greedy.stream, 'data');
    const other = new RawCall(session, SCORE);
    other.stream.once('data', () => {
      atAnswer = bytes;
    });
    other.stream.end(framed(ada));
    assert.equal((await other.ended()).status, status.OK);
    await ended;
    assert.ok(atAnswer < bytes / 2, `${atAnswer} of ${bytes} bytes were there first`);
  });

  await t.test('calls that are cancelled or late leave nothing behind, and others are answered', async () => {
    const customerIds = Array.from({ length: 3000 }, (_, i) => `c${i}`);
    const nothing = { campaignId: undefined, context: undefined, limit: undefined, at: undefined };
    const batch = { ...nothing, customerIds, channels: [], actions: [] };
    const body = framed(ScoreBatchRequest.encode(batch).finish());
    const late = new RawCall(session, 'ScoringService/ScoreBatch', { 'grpc-timeout': '5m' });
    late.stream.end(body);
    assert.equal((await late.ended()).status, status.DEADLINE_EXCEEDED);
    for (let i = 0; i < 20; i++) {
      const call = new RawCall(session, 'ScoringService/ScoreBatch');
      call.stream.end(body, () => call.stream.close(constants.NGHTTP2_CANCEL));
    }
    const client = new GrpcClient(t, service.grpc);
    const { results } = await client.ask('ScoringService', 'scoreBatch', { customerIds });
    assert.equal(results.length, customerIds.length);
  });

  await t.test('clients that misbehave in every way at once take no memory and harm nobody', async () => {
    const client = new GrpcClient(t, service.grpc);
    const round = async (): Promise<void> => {
      const work = Object.values(ABUSES).map((abuse) => {
        const own = rawSession(t, service.grpc);
        return abuse(own, service.grpc).finally(() => own.destroy());
      });
      const { decision } = await client.ask('ScoringService', 'score', { customerId: 'ada' });
      assert.equal(decision.customerId, 'ada');
      await Promise.all(work);
    };
    for (let i = 0; i < 3; i++) await round();
    const before = residentBytes(service.process.pid);
    for (let i = 0; i < 12; i++) await round();
    // Twelve rounds have sent 240 MB.
    assert.ok(residentBytes(service.process.pid) - before < 100 << 20);
  });

  await t.test('who opens and resets calls without end loses the connection, and nobody else does', async () => {
    const hasty = rawSession(t, service.grpc);
    await until(async () => {
      await ABUSES.rapidReset(hasty, service.grpc);
      return hasty.destroyed || hasty.closed;
    });
    const answer = new RawCall(session, SCORE);
    const parts: Buffer[] = [];
    answer.stream.on('data', (part: Buffer) => parts.push(part)).end(framed(ada));
    assert.equal((await answer.ended()).status, status.OK);
    assert.equal(ScoreResponse.decode(Buffer.concat(parts).subarray(5)).decision?.customerId, 'ada');
    assert.equal(await service.stop(), 0, 'and nothing holds the stop');
  });
});
