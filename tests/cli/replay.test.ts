import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { tempFolder } from '../support/temp-folder.ts';
import { type CommandRun, runCommand } from './run-command.ts';

interface Posted {
  readonly id: string;
  readonly subject: string;
  readonly time: string;
}

type Answer = (batch: readonly Posted[], response: ServerResponse, call: number) => void;

const accept: Answer = (batch, response) => {
  response.writeHead(202).end(JSON.stringify({ accepted: batch.length, duplicates: 0, rejected: [] }));
};

/** A service that answers batches as the test says. @returns its address and what it was sent */
const service = async (t: TestContext, answer: Answer): Promise<{ url: string; batches: Posted[][] }> => {
  const batches: Posted[][] = [];
  let calls = 0;
  const server = createServer(async (request, response) => {
    assert.equal(request.url, '/v1/events');
    assert.equal(request.headers['content-type'], 'application/cloudevents-batch+json');
    const batch = JSON.parse(await text(request)) as Posted[];
    batches.push(batch);
    answer(batch, response, calls++);
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, batches };
};

/** Purchases of some customers, each one's in order of time. */
const cdnowFile = (t: TestContext, customers: number, each: number): string => {
  const path = join(tempFolder(t), 'cdnow.csv');
  const rows = Array.from({ length: customers * each }, (_, i) => {
    const day = String(1 + Math.floor(i / customers)).padStart(2, '0');
    return `c${i % customers},1997-01-${day},1,5.00`;
  });
  writeFileSync(path, `customer,date,cds,value\n${rows.join('\n')}\n`);
  return path;
};

const replay = (path: string, url: string, ...more: string[]): Promise<CommandRun> =>
  runCommand(['replay', path, '--format', 'cdnow', '--url', url, ...more]);

const row = (table: string, name: string): string | undefined => new RegExp(`^${name} {2,}(.+)$`, 'm').exec(table)?.[1];

test('events are posted in batches, a customer in order, and the table says what became of them', async (t) => {
  const underWay = new Set<string>();
  let overlaps = 0;
  const { url, batches } = await service(t, (batch, response, call) => {
    const subjects = new Set(batch.map(({ subject }) => subject));
    overlaps += [...subjects].filter((subject) => underWay.has(subject)).length;
    for (const subject of subjects) underWay.add(subject);
    // Long enough for a client that does not wait to send its next batch.
    setTimeout(() => {
      for (const subject of subjects) underWay.delete(subject);
      accept(batch, response, call);
    }, 50);
  });
  const { code, stdout, stderr } = await replay(cdnowFile(t, 200, 25), url);
  assert.equal(overlaps, 0);
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(row(stdout, 'rows read'), '5000');
  assert.equal(row(stdout, 'events made'), '5000');
  assert.equal(row(stdout, 'accepted'), '5000');
  assert.equal(row(stdout, 'duplicates'), '0');
  assert.match(stdout, /^time +\d+\.\d s\nevents\/s +\d+\n$/m);
  assert.ok(batches.every((batch) => batch.length <= 500));
  const last = new Map<string, string>();
  for (const { subject, time } of batches.flat()) {
    assert.ok(time > (last.get(subject) ?? ''), `${subject} at ${time}`);
    last.set(subject, time);
  }
  assert.equal(last.size, 200);
});

test('a busy service is asked again with the same events', async (t) => {
  const { url, batches } = await service(t, (batch, response, call) => {
    if (call === 0) response.writeHead(503, { 'retry-after': '0' }).end('{}');
    else accept(batch, response, call);
  });
  const { code, stdout } = await replay(cdnowFile(t, 1, 3), url);
  assert.equal(code, 0);
  assert.equal(row(stdout, 'accepted'), '3');
  assert.deepEqual(batches[1], batches[0]);
});

test('duplicates and refusals are counted, also where nothing was accepted', async (t) => {
  const { url } = await service(t, (batch, response) => {
    const rejected = batch.map(({ id }, index) => ({ index, id, code: 'EVENT_DATA_INVALID', message: '' }));
    response.writeHead(400).end(JSON.stringify({ code: 'EVENT_REJECTED', rejected }));
  });
  const refused = await replay(cdnowFile(t, 2, 2), url);
  assert.equal(refused.code, 1);
  assert.equal(row(refused.stdout, 'rejected: EVENT_DATA_INVALID'), '4');

  const again = await service(t, (batch, response) => {
    response.writeHead(202).end(JSON.stringify({ accepted: 0, duplicates: batch.length, rejected: [] }));
  });
  const second = await replay(cdnowFile(t, 2, 2), again.url);
  assert.deepEqual([second.code, row(second.stdout, 'duplicates')], [0, '4']);
});

test('--until is exclusive', async (t) => {
  const { url, batches } = await service(t, accept);
  const { stdout } = await replay(cdnowFile(t, 1, 5), url, '--until', '1997-01-03');
  assert.deepEqual(
    batches.flat().map(({ time }) => time),
    ['1997-01-01T00:00:00.000Z', '1997-01-02T00:00:00.000Z'],
  );
  assert.equal(row(stdout, 'events left out: at or after --until'), '3');
});

test('--speed sends in the order of time, as fast as time goes', async (t) => {
  const { url, batches } = await service(t, accept);
  const path = join(tempFolder(t), 'cdnow.csv');
  writeFileSync(path, 'customer,date,cds,value\na,1997-01-03,1,1\nb,1997-01-01,1,1\nc,1997-01-02,1,1\n');
  const startMs = performance.now();
  const { code } = await replay(path, url, '--speed', '864000x');
  assert.equal(code, 0);
  assert.ok(performance.now() - startMs >= 200, 'two days at ten days a second');
  assert.deepEqual(
    batches.flat().map(({ subject }) => subject),
    ['b', 'c', 'a'],
  );
});

test('no service at the address, and one that is another, are said', async (t) => {
  const path = cdnowFile(t, 1, 1);
  const nobody = await replay(path, 'http://127.0.0.1:1');
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /beckon: NOT_READY: no service answers at http:\/\/127\.0\.0\.1:1/);
  const { url } = await service(t, (_, response) => response.writeHead(404).end('nothing here'));
  const other = await replay(path, url);
  assert.equal(other.code, 1);
  assert.match(other.stderr, /answered 404: nothing here/);
  assert.equal((await replay(path, 'localhost')).code, 2);
});
