import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { CallError, type ConnectOptions, connect, type StreamMessage } from 'beckon/client';
import { advisingPack } from '../support/advising-pack.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { cableTo } from './cable.ts';
import { order } from './contract.ts';

/** A client of something that answers as it is told. */
const clientOf = async (t: TestContext, answer: RequestListener, options: Partial<ConnectOptions> = {}) => {
  const server = createServer(answer).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const client = connect({ http: `127.0.0.1:${(server.address() as AddressInfo).port}`, ...options });
  t.after(() => client.close());
  return client;
};

const busy = (retryAfter: string): RequestListener => {
  return (request, response) => {
    request.resume();
    response.writeHead(503, { 'retry-after': retryAfter, 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ title: 'Busy', status: 503, code: 'OVERLOADED', detail: 'too much', queue: 7 }));
  };
};

const brokenOff: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-length': 9 }).write('{', () => response.destroy());
};

test('a refusal that may pass is waited for as long as the service says', async (t) => {
  let asked = 0;
  const client = await clientOf(t, (request, response) => {
    if (asked++ === 0) busy('1')(request, response);
    else response.writeHead(200).end('{"models":[]}');
  });
  const startMs = performance.now();
  assert.deepEqual(await client.models(), []);
  assert.ok(performance.now() - startMs >= 1000);
});

test('what would come too late is not waited for: the refusal itself is told', async (t) => {
  const client = await clientOf(t, busy('30'), { timeoutMs: 5000 });
  await assert.rejects(client.models(), (error: CallError) => {
    const { code, retryable, retryAfterMs, details, message } = error;
    assert.deepEqual([code, retryable, retryAfterMs], ['OVERLOADED', true, 30_000]);
    assert.deepEqual([details, message], [{ queue: 7 }, 'too much']);
    return true;
  });
});

test('what is no answer of Beckon is told as that', async (t) => {
  const cases: [RequestListener, string][] = [
    [(_, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'), 'UNREACHABLE'],
    [(_, response) => response.writeHead(404).end('no'), 'ANSWER_UNREADABLE'],
    [(_, response) => response.writeHead(200).end('<html>'), 'ANSWER_UNREADABLE'],
    [brokenOff, 'UNREACHABLE'],
    [busy(new Date(Date.now() + 3600_000).toUTCString()), 'OVERLOADED'],
  ];
  for (const [answer, code] of cases) {
    const client = await clientOf(t, answer, { retriesMax: 1 });
    await assert.rejects(
      client.models(),
      (error: CallError) => error instanceof CallError && error.code === code,
      code,
    );
  }
});

test('nobody there', async () => {
  for (const grpc of [undefined, '127.0.0.1:1']) {
    const client = connect({ http: '127.0.0.1:1', grpc, retriesMax: 1 });
    for (const ask of [() => client.score({ customerId: 'ada' }), () => client.append(order('1', 'ada'))])
      await assert.rejects(ask, { name: 'CallError', code: 'UNREACHABLE', retryable: true, isRefusal: false });
    await assert.rejects(client.scores([{ customerId: 'ada' }]).next(), { code: 'UNREACHABLE' });
    client.close();
  }
});

test('connections of a client', async (t) => {
  const args = ['--pack', advisingPack(), '--clock', 'log', '--stream-every-ms', '1'];
  const dataDir = tempFolder(t);
  const first = await startService(t, { args, dataDir });
  const http = await cableTo(t, first.http);
  const grpc = await cableTo(t, first.grpc);
  const overHttp = connect({ http: http.address });
  const overGrpc = connect({ http: http.address, grpc: grpc.address });
  t.after(() => {
    overHttp.close();
    overGrpc.close();
  });
  const ways = [
    { cable: http, client: overHttp },
    { cable: grpc, client: overGrpc },
  ];

  await t.test('are used again', async () => {
    for (const { cable, client } of ways) {
      for (let i = 0; i < 20; i++) await client.score({ customerId: `c${i}` });
      assert.equal(cable.connections, 1);
    }
  });

  await t.test('that break under a call are opened anew, and the call is answered', async () => {
    const customerIds = Array.from({ length: 5000 }, (_, i) => `c${i}`);
    for (const { cable, client } of ways) {
      const before = cable.connections;
      const asked = client.scoreBatch({ customerIds, limit: 1 });
      await new Promise((resolve) => setImmediate(resolve));
      cable.cut();
      assert.equal((await asked).length, 5000);
      assert.ok(cable.connections > before);
    }
  });

  await t.test('are opened anew behind the last decision, also to a service that has started again', async () => {
    const ids = ['d1', 'd2', 'd3'];
    const join = (id: string) => overHttp.append([order(id, id), order(`other-${id}`, `other-${id}`)]);
    const streams = [
      overHttp.decisions({ after: 0 }),
      overGrpc.decisions({ after: 0, customerIds: ids }),
      overGrpc.decisions({ after: 0 }),
    ];
    const isWatch = (stream: number): boolean => stream === 1;
    const seen: StreamMessage[][] = streams.map(() => []);
    /** Everybody is told of the two that have joined, the watch of the one that was asked for. */
    const read = async (): Promise<void> => {
      for (const [i, stream] of streams.entries())
        for (let messages = isWatch(i) ? 1 : 2; messages > 0; messages--)
          seen[i].push((await stream.next()).value as StreamMessage);
    };
    await join('d1');
    await read();
    http.cut();
    grpc.cut();
    await join('d2');
    await read();
    await first.stop();
    const second = await startService(t, { args, dataDir });
    http.lay(second.http);
    grpc.lay(second.grpc);
    await join('d3');
    await read();
    for (const stream of streams) await stream.return();
    for (const messages of seen) {
      const ours = messages.filter(({ customerId }) => ids.includes(customerId));
      const told = ours.map((message) => [message.type, message.customerId, message.decision.actionId]);
      assert.deepEqual(
        told,
        ids.map((id) => ['decision.made', id, 'coupon']),
      );
      // To the last field, whichever way it has come.
      assert.deepEqual(
        ours,
        seen[0].filter(({ customerId }) => ids.includes(customerId)),
      );
    }
    const client = overHttp;
    assert.equal((await overGrpc.score({ customerId: 'd3' })).known, true);
    await assert.rejects(client.decisions({ after: 1e9 }).next(), { code: 'REQUEST_INVALID' });
    await assert.rejects(client.decisions({ customerIds: ids }).next(), { code: 'REQUEST_INVALID' });
    const watch = (asked: object) => overGrpc.decisions({ customerIds: ids, ...asked }).next();
    await assert.rejects(watch({ after: 1e9 }), { code: 'REQUEST_INVALID' });
    await assert.rejects(watch({ customerIds: [] }), { code: 'REQUEST_INVALID' });
    const controller = new AbortController();
    const quiet = watch({ signal: controller.signal });
    controller.abort(new RangeError('enough'));
    await assert.rejects(quiet, RangeError);
    await assert.rejects(watch({ signal: controller.signal }), RangeError);
  });
});
