/**
 * Starts Beckon in a fresh clone as the README says, posts one event, asks for one score, and stops it.
 * Usage: node smoke.ts CLONE. Ends with exit code 1 and the service's output where anything of it fails.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const START_MS_MAX = 90_000;
const STOP_MS_MAX = 30_000;

/** What `npm start` says when it is ready. */
interface Ready {
  readonly http: string;
  readonly admin: string;
}

const [clone] = process.argv.slice(2);
assert.ok(clone, 'needs the folder of the clone');

const output: string[] = [];

const ready = (service: ChildProcess): Promise<Ready> =>
  new Promise((resolve, reject) => {
    assert.ok(service.stdout && service.stderr);
    createInterface(service.stderr).on('line', (line) => output.push(line));
    createInterface(service.stdout).on('line', (line) => {
      output.push(line);
      if (!line.startsWith('{')) return;
      const entry = JSON.parse(line) as Ready & { msg?: string };
      if (entry.msg === 'ready') resolve(entry);
    });
    service.once('exit', (code) => reject(new Error(`it ended with ${code} before it was ready`)));
    setTimeout(() => reject(new Error(`not ready within ${START_MS_MAX} ms`)), START_MS_MAX).unref();
  });

/** @returns the body of an answer with the wanted status. */
const ask = async (url: string, status: number, body?: unknown, type = 'application/json'): Promise<unknown> => {
  const request =
    body === undefined ? {} : { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify(body) };
  const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(10_000) });
  const text = await answer.text();
  assert.equal(answer.status, status, `${url} answered ${answer.status}: ${text}`);
  return answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
};

const use = async ({ http, admin }: Ready): Promise<void> => {
  await ask(`http://${admin}/livez`, 200);
  await ask(`http://${admin}/readyz`, 200);
  const event = {
    specversion: '1.0',
    id: 'smoke-1',
    source: 'smoke',
    type: 'order.placed',
    subject: 'customer-1',
    data: { orderId: 'order-1', amount: 42.5 },
  };
  const accepted = await ask(`http://${http}/v1/events`, 202, event, 'application/cloudevents+json');
  assert.deepEqual(accepted, { accepted: 1, duplicates: 0, rejected: [] });
  // An event is durable when it is answered and seen by scores within milliseconds: asked until it is, for 5 s.
  for (const until = Date.now() + 5_000; ; ) {
    const score = (await ask(`http://${http}/v1/score`, 200, { customerId: 'customer-1' })) as {
      known: boolean;
      scores: Record<string, number>;
    };
    if (score.known) {
      const values = Object.values(score.scores);
      assert.ok(values.length > 0 && values.every((value) => value >= 0 && value <= 1), JSON.stringify(score));
      console.log(`scored: ${JSON.stringify(score.scores)}`);
      return;
    }
    assert.ok(Date.now() < until, 'the event was not seen by a score within 5 s');
  }
};

const dataDir = mkdtempSync(join(tmpdir(), 'beckon-smoke-'));
// A group of its own, so that a signal reaches the service and not only the npm in front of it.
const service = spawn('npm', ['start'], {
  cwd: clone,
  detached: true,
  stdio: ['ignore', 'pipe', 'pipe'],
  env: {
    ...process.env,
    BECKON_HTTP_PORT: '0',
    BECKON_GRPC_PORT: '0',
    BECKON_ADMIN_PORT: '0',
    BECKON_DATA_DIR: dataDir,
  },
});
const signal = (name: NodeJS.Signals): void => {
  if (service.pid !== undefined && service.exitCode === null) process.kill(-service.pid, name);
};
try {
  const addresses = await ready(service);
  console.log(`ready: http ${addresses.http}, admin ${addresses.admin}`);
  await use(addresses);
  // Not `exit`: npm may go first, and the pipes close when the service behind it has ended too.
  const ended = once(service, 'close', { signal: AbortSignal.timeout(STOP_MS_MAX) });
  signal('SIGTERM');
  await ended;
  console.log('stopped');
} catch (error) {
  signal('SIGKILL');
  console.error(output.join('\n'));
  console.error(error);
  process.exitCode = 1;
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
