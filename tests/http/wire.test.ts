import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { Client, rawRequest, statuses, Wire } from '../support/http-client.ts';
import { startService } from '../support/service.ts';

const BODY = '{"customerId":"a"}';
const JSON_TYPE = { 'content-type': 'application/json' };
const GOOD = rawRequest('POST', '/v1/score', { ...JSON_TYPE, 'content-length': BODY.length }, BODY);
const TIMEOUT_MS = 1000;
/** Slow requests are looked for once a second; the rest is for a busy machine. */
const CUT_MS_MAX = TIMEOUT_MS + 1000 + 3000;

const posted = (headers: Record<string, string | number>, body: string): string =>
  rawRequest('POST', '/v1/score', { ...JSON_TYPE, ...headers }, body);

test('bytes that no client library would send', async (t) => {
  const service = await startService(t, { args: ['--request-timeout-ms', String(TIMEOUT_MS)] });
  const client = new Client(t, service.http);
  const isHealthy = async (after: string): Promise<void> => {
    assert.equal((await client.score({ customerId: 'healthy' })).status, 200, `after ${after}`);
  };

  await t.test('what breaks the protocol is refused, and its connection closed', async () => {
    for (const [name, bytes, expected] of [
      ['a length that is none', posted({ 'content-length': 'abc' }, BODY), 400],
      ['a negative length', posted({ 'content-length': -1 }, BODY), 400],
      ['two lengths', posted({ 'content-length': BODY.length, 'Content-Length': 3 }, BODY), 400],
      ['a length past all numbers', posted({ 'content-length': '9'.repeat(40) }, BODY), 400],
      ['a length past the limit', posted({ 'content-length': 2 ** 40 }, BODY), 413],
      ['a length and chunks', posted({ 'content-length': 5, 'transfer-encoding': 'chunked' }, '0\r\n\r\n'), 400],
      ['chunks that are none', posted({ 'transfer-encoding': 'chunked' }, 'zzz\r\nfoo\r\n'), 400],
      ['more chunks than the limit', posted({ 'transfer-encoding': 'chunked' }, chunks(33, 65_536)), 413],
      ['an unknown transfer encoding', posted({ 'transfer-encoding': 'gzip' }, 'x'), 400],
      ['control characters in a header', 'GET /livez HTTP/1.1\r\nhost: a\r\nx: \x01\r\n\r\n', 400],
      ['no host', 'GET /livez HTTP/1.1\r\n\r\n', 400],
      ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
      ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
      ['noise', '\x00\x01\x02\x03\r\n\r\n', 400],
    ] as const) {
      const wire = new Wire(t, service.http);
      wire.send(bytes);
      assert.deepEqual(statuses(await wire.all()), [expected], name);
      await isHealthy(name);
    }
  });

  await t.test('requests in one packet are answered in order', async () => {
    const wire = new Wire(t, service.http);
    const ids = Array.from({ length: 20 }, (_, i) => `p${i}`);
    for (const id of ids) {
      const body = JSON.stringify({ customerId: id });
      wire.send(posted({ 'content-length': body.length }, body));
    }
    const received = await wire.until(/"customerId":"p19".*\}$/s);
    assert.deepEqual(statuses(received), Array(20).fill(200));
    assert.deepEqual(
      [...received.matchAll(/"customerId":"(p\d+)"/g)].map(([, id]) => id),
      ids,
    );
  });

  await t.test('a body past the limit is read and thrown away, and its connection goes on', async () => {
    for (const [path, mib] of [
      ['/v1/score', 4],
      ['/v2/models/repurchase/infer', 10],
    ] as const) {
      const wire = new Wire(t, service.http);
      const large = 'x'.repeat(mib * 1024 * 1024);
      const tooLarge = rawRequest('POST', path, { ...JSON_TYPE, 'content-length': large.length }, large);
      for (let i = 0; i < 5; i++) wire.send(tooLarge);
      wire.send(GOOD);
      const received = await wire.until(/200 OK.*\}$/s);
      assert.deepEqual(statuses(received), [...Array(5).fill(413), 200], path);
    }
  });

  await t.test('HTTP/1.0, chunks and a body in pieces are read', async () => {
    const old = new Wire(t, service.http);
    old.send('GET /livez HTTP/1.0\r\n\r\n');
    assert.deepEqual(statuses(await old.all()), [200]);
    const chunked = new Wire(t, service.http);
    chunked.send(posted({ 'transfer-encoding': 'chunked' }, `5\r\n${BODY.slice(0, 5)}\r\nd\r\n${BODY.slice(5)}\r\n`));
    chunked.send('0\r\n\r\n');
    assert.deepEqual(statuses(await chunked.until(/\r\n\r\n\{.*\}/)), [200]);
    const pieces = new Wire(t, service.http);
    pieces.socket.setNoDelay(true);
    for (const byte of GOOD) {
      pieces.send(byte);
      if (pieces.socket.writableNeedDrain) await once(pieces.socket, 'drain');
    }
    assert.deepEqual(statuses(await pieces.until(/\r\n\r\n\{.*\}/)), [200]);
  });

  await t.test('a request cut off in the middle is forgotten', async () => {
    for (const bytes of ['', 'POST /v1/sc', GOOD.slice(0, -5), posted({ 'transfer-encoding': 'chunked' }, '5\r\nab')]) {
      const wires = Array.from({ length: 20 }, () => new Wire(t, service.http));
      for (const [i, wire] of wires.entries()) {
        await once(wire.socket, 'connect');
        wire.send(bytes);
        if (i % 2 === 0) wire.socket.end();
        else wire.socket.resetAndDestroy();
      }
      await Promise.all(wires.map((wire) => wire.closed));
      await isHealthy(bytes);
    }
  });

  await t.test('slow and half-open requests are cut in time, while others are answered', async () => {
    const dribbled: [Wire, string][] = [
      ...Array.from({ length: 20 }, (): [Wire, string] => [
        new Wire(t, service.http),
        `GET /livez HTTP/1.1\r\n${'a: b\r\n'.repeat(2500)}`,
      ]),
      ...Array.from({ length: 20 }, (): [Wire, string] => [
        new Wire(t, service.http),
        posted({ 'content-length': 1_000_000 }, ' '.repeat(500_000)),
      ]),
    ];
    const silent = Array.from({ length: 200 }, (_, i) => {
      const wire = new Wire(t, service.http);
      wire.send(['', 'POST /v1/score HTTP/1.1\r\nhost:', posted({ 'content-length': 100 }, '{')][i % 3]);
      return wire;
    });
    const from = performance.now();
    const wires = [...silent, ...dribbled.map(([wire]) => wire)];
    let isOver = false;
    const over = Promise.all(wires.map((wire) => wire.closed)).then(() => {
      isOver = true;
    });
    let sent = 0;
    for (; !isOver; sent++) {
      for (const [wire, bytes] of dribbled) if (!wire.socket.destroyed) wire.send(bytes[sent % bytes.length]);
      await isHealthy('slow requests');
      assert.ok(performance.now() - from < CUT_MS_MAX, 'slow requests are not cut in time');
    }
    await over;
    assert.ok(sent > 20, `only ${sent} requests were answered meanwhile`);
    for (const wire of wires) assert.deepEqual(statuses(wire.received), [408]);
  });

  await t.test('the service ended in order after all that', async () => {
    assert.equal(await service.stop(), 0);
    assert.ok(!service.output.stdout.includes('internal error'));
    assert.equal(service.output.stderr, '');
  });
});

const chunks = (count: number, bytes: number): string =>
  `${`${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`.repeat(count)}0\r\n\r\n`;
