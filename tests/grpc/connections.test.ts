import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import test, { type TestContext } from 'node:test';
import { GrpcDoor } from '../../src/serving/grpc/door.ts';
import type { ServingParts } from '../../src/serving/parts.ts';
import { UnderWay } from '../../src/serving/under-way.ts';
import { framed, RawCall, rawSession } from './raw-call.ts';

const LONG_MS = 600_000;
/** The preface of HTTP/2, with settings that say nothing. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');

/** A door with nothing behind it. @returns its address */
const openDoor = async (t: TestContext, times: Partial<Record<'ageMs' | 'graceMs' | 'keepaliveMs', number>>) => {
  const door = new GrpcDoor(
    { parts: { notReady: () => undefined } as ServingParts, underWay: new UnderWay() },
    { version: 'test', messageBytesMax: 1000, stopTimeoutMs: 1000, hasReflection: false },
    { ageMs: LONG_MS, graceMs: LONG_MS, keepaliveMs: LONG_MS, keepaliveTimeoutMs: 1000, ...times },
  );
  t.after(() => door.close());
  return `127.0.0.1:${await door.listen({ host: '127.0.0.1', port: 0, reusePort: false })}`;
};

test('an old connection is asked to go, and what is under way on it has a while more', async (t) => {
  const address = await openDoor(t, { ageMs: 100, graceMs: 100 });
  const session = rawSession(t, address);
  const watched = new RawCall(session, '', { ':path': '/grpc.health.v1.Health/Watch' });
  watched.stream.end(framed(Buffer.alloc(0)));
  const told = once(watched.stream, 'data');
  const asked = once(session, 'goaway').then(() => watched.stream.destroyed);
  await told;
  assert.equal(await asked, false, 'the call goes on');
  assert.equal((await watched.ended()).status, undefined, 'and is cut');
});

test('one who does not answer a ping is dropped, and one who does stays', async (t) => {
  const address = await openDoor(t, { keepaliveMs: 50 });
  const session = rawSession(t, address);
  await once(session, 'connect');
  let pings = 0;
  session.on('ping', () => pings++);
  const [host, port] = address.split(':');
  const silent = connect(Number(port), host);
  t.after(() => silent.destroy());
  silent.write(PREFACE);
  await new Promise((resolve) => silent.on('close', resolve).resume());
  assert.ok(pings > 0 && !session.destroyed);
});
