import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child } from '../../bench/child.ts';
import { httpSender } from '../../load-tests/open-loop/http-sender.ts';
import { type Lane, type LaneResult, runOpenLoop } from '../../load-tests/open-loop/open-loop.ts';
import { at } from '../../load-tests/open-loop/percentiles.ts';
import { plannedTimes } from '../../load-tests/open-loop/schedule.ts';
import type { Slowness } from './slow-server.ts';

const RUNS_MAX = 5;
const TRAFFIC = {
  path: '/',
  contentType: 'application/json',
  unitsPerRequest: 1,
  next: () => ({ body: '{}', problem: (answer: string) => (answer === '{}' ? undefined : `answered ${answer}`) }),
};

const measured = async (
  t: TestContext,
  slowness: Slowness,
  perSec: number,
  durationMs: number,
): Promise<LaneResult> => {
  const server = new Child(fileURLToPath(new URL('slow-server.ts', import.meta.url)), undefined);
  t.after(() => server.stop());
  const sender = httpSender(await server.ask<string>('listen', slowness), TRAFFIC);
  t.after(() => sender.close());
  const planned = plannedTimes('fixed', perSec, durationMs, 1);
  const [result] = await runOpenLoop([{ name: 'requests', planned, send: sender.send }]);
  assert.deepEqual([result.wrongCount, result.answered], [0, planned.length], result.wrong.join());
  return result;
};

/** Of a few runs the first that other work on the machine has not disturbed, else the last one. */
const undisturbed = async (
  run: () => Promise<LaneResult>,
  isFine: (result: LaneResult) => boolean,
): Promise<LaneResult> => {
  let result = await run();
  for (let again = 1; again < RUNS_MAX && !isFine(result); again++) result = await run();
  return result;
};

test('a server that always takes 50 ms is read as 50 ms', async (t) => {
  const { latency } = await undisturbed(
    () => measured(t, { delayMs: 50 }, 200, 1000),
    ({ latency: curve }) => at(curve, 50) < 60,
  );
  const p50 = at(latency, 50);
  assert.ok(p50 >= 50 && p50 < 60, `${p50} ms`);
});

test('a stall of 200 ms every 2 s is met by those who would have come meanwhile', async (t) => {
  // A tenth of the time stands still: of 100 requests ten wait, the first of them 200 ms, so that p99 is near 180.
  const { latency } = await undisturbed(
    () => measured(t, { stall: { everyMs: 2000, forMs: 200 } }, 500, 4100),
    ({ latency: curve }) => at(curve, 99) < 260 && at(curve, 50) < 20,
  );
  const p99 = at(latency, 99);
  assert.ok(p99 >= 160 && p99 < 260, `${p99} ms`);
  assert.ok(at(latency, 50) < 20);
});

test('what the generator itself sends too late voids its run, and what is wrong is told', async () => {
  const planned = Float64Array.from({ length: 100 }, (_, i) => i / 10);
  const blocking: Lane = {
    name: 'blocking',
    planned,
    send(done) {
      const endMs = performance.now() + 2;
      while (performance.now() < endMs);
      done('wrong');
    },
  };
  const [result] = await runOpenLoop([blocking]);
  assert.equal(result.isVoid, true);
  assert.ok(result.late > 50, `${result.late} late`);
  assert.deepEqual([result.wrongCount, result.wrong.length], [100, 5]);
  // The time spent by the generator counts too: the last one was due after 10 ms and went out after 200.
  assert.ok(at(result.latency, 100) > 150);
});

test('an answer that is no 2xx and a server that is gone are wrong answers', async (t) => {
  const server = new Child(fileURLToPath(new URL('slow-server.ts', import.meta.url)), undefined);
  const url = await server.ask<string>('listen', {});
  await server.stop();
  const sender = httpSender(url, TRAFFIC);
  t.after(() => sender.close());
  const [result] = await runOpenLoop([{ name: 'gone', planned: new Float64Array([0, 1, 2]), send: sender.send }]);
  assert.equal(result.wrongCount, 3);
  assert.match(result.wrong[0], /ECONNREFUSED|ECONNRESET/);
});
