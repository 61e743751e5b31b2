import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Stream, connect, createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { keepStreams, SessionStreams } from '../../src/serving/grpc/session-streams.ts';

/** Ids as clients count them, and so few that many want one place. */
const ID = fc.nat({ max: 200 }).map((count) => 64 * (count % 5) + 2 * count + 1);
const STEP = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), id: ID, stream: fc.string() }),
  fc.record({ kind: fc.constant('delete' as const), id: ID }),
);

test('streams are found, told and deleted as in a Map', () => {
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 400 }), fc.array(fc.tuple(ID, fc.string())), (steps, first) => {
      const map = new Map(first);
      const streams = new SessionStreams(map);
      for (const step of steps) {
        if (step.kind === 'set') {
          map.set(step.id, step.stream);
          streams.set(step.id, step.stream);
        } else assert.equal(streams.delete(step.id), map.delete(step.id));
        assert.equal(streams.size, map.size);
        assert.equal(streams.get(step.id), map.get(step.id));
      }
      for (let id = 1; id < 700; id += 2) assert.equal(streams.get(id), map.get(id));
      const told: [number, string][] = [];
      streams.forEach((stream, id) => {
        streams.delete(id);
        told.push([id, stream]);
      });
      assert.deepEqual(
        told.sort(([a], [b]) => a - b),
        [...map].sort(([a], [b]) => a - b),
      );
      assert.equal(streams.size, 0);
    }),
  );
});

test('a session of this Node keeps its streams there, answers them, waits for them, and ends those that are open', async (t) => {
  const server = createServer();
  t.after(() => server.close());
  let kept = 0;
  const silent: ServerHttp2Stream[] = [];
  server.on('stream', (stream, headers) => {
    if (keepStreams(stream.session)) kept++;
    if (headers[':path'] === '/silent') silent.push(stream);
    else stream.respond({ ':status': 200 }, { endStream: true });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const ask = (path: string): ClientHttp2Stream => session.request({ ':path': path }).resume();

  const asked = Array.from({ length: 100 }, () => ask('/'));
  await Promise.all(asked.map((stream) => once(stream, 'close')));
  assert.equal(kept, 100, 'every call finds its session changed');
  assert.deepEqual(new Set(asked.map(({ rstCode }) => rstCode)), new Set([0]));

  const open = [ask('/silent'), ask('/silent')];
  while (silent.length < open.length) await once(server, 'stream');
  silent[0].session?.close();
  silent[0].respond({ ':status': 200 }, { endStream: true });
  const [answer] = await once(open[0], 'response');
  assert.equal(answer[':status'], 200, 'a session that closes waits for its streams');
  const ended = once(silent[1], 'close');
  silent[1].session?.destroy();
  await ended;
  assert.ok(silent[1].destroyed, 'a session that is destroyed ends the open ones');
});

test('what is no session is left alone', () => {
  assert.equal(keepStreams(undefined), false);
});
