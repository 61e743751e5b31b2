import { strict as assert } from 'node:assert';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { BeckonError } from '../../src/base/errors.ts';
import { LongRuns } from '../../src/inference/long-runs.ts';
import type { InferenceRun } from '../../src/inference/run-rows.ts';
import type { HeadSession } from '../../src/inference/session.ts';
import { openShop } from '../support/bundles.ts';

const WIDTH = 5;

const rowsFrom = (first: number, rows: number): Float32Array =>
  Float32Array.from({ length: rows * WIDTH }, (_, i) => Math.sin((first * WIDTH + i + 1) ** 2) * 4);

/** As slow as a large model, and otherwise what it is. */
const slowed = (session: HeadSession, ms: number): HeadSession =>
  new Proxy(session, {
    get: (of, name) =>
      name === 'run'
        ? (...args: Parameters<HeadSession['run']>) => {
            for (const until = performance.now() + ms; performance.now() < until; );
            of.run(...args);
          }
        : Reflect.get(of, name, of),
  });

test('each run has the answers to its own rows, whoever else runs and however long it takes', async (t) => {
  const session = openShop(t, 'trees');
  for (const chunkMs of [0, 0.2, 1]) {
    const runs = new LongRuns(slowed(session, chunkMs));
    // One buffer for all, as the doors have: what has returned may be written over.
    const input = new Float32Array(1000 * WIDTH);
    const ended = Array.from([700, 1, 65, 1000, 0, 300], (rows, i) => {
      const given = rowsFrom(i * 1000, rows);
      input.fill(Number.NaN).set(given);
      const output = new Float32Array(rows * 2);
      const told = Promise.withResolvers<BeckonError | undefined>();
      runs.run(input, rows, output, told.resolve);
      return told.promise.then((error) =>
        assert.deepEqual([error, output], [undefined, session.scoreRows(given, rows)]),
      );
    });
    await runs.close();
    await Promise.all(ended);
    assert.throws(() => runs.run(input, 1, new Float32Array(2), () => {}), { code: 'SHUTTING_DOWN' });
  }
});

test('what else waits for the loop has its turn after each chunk that takes long', async (t) => {
  const runs = new LongRuns(slowed(openShop(t, 'linear'), 1));
  let isDone = false;
  runs.run(rowsFrom(0, 640), 640, new Float32Array(1280), () => {
    isDone = true;
  });
  let turns = 0;
  for (; !isDone; turns++) await turn();
  assert.ok(turns >= 9, `${turns} turns for 10 chunks`);
});

test('a run that fails, or gives what is no number, fails as a whole and leaves the others alone', async (t) => {
  const session = openShop(t, 'logarithm');
  const seen: InferenceRun[] = [];
  const listener = (message: unknown) => void seen.push(message as InferenceRun);
  subscribe('beckon:inference.run', listener);
  t.after(() => unsubscribe('beckon:inference.run', listener));
  const runs = new LongRuns(session);
  const outcome = (input: Float32Array) =>
    new Promise((resolve) => runs.run(input, 100, new Float32Array(200), (error) => resolve(error?.code)));
  const good = new Float32Array(100 * WIDTH).fill(2);
  const bad = good.with(70 * WIDTH, -1);
  assert.deepEqual(await Promise.all([good, bad, good].map(outcome)), [undefined, 'INTERNAL', undefined]);
  const sum = (of: (run: InferenceRun) => number) => seen.reduce((total, run) => total + of(run), 0);
  assert.deepEqual([sum(({ rows }) => rows), sum(({ failedRows }) => failedRows) > 0], [300, true]);
});

test('an asker who throws keeps nobody from an answer', async (t) => {
  const runs = new LongRuns(openShop(t, 'linear'));
  const late = t.mock.method(process, 'nextTick', () => {});
  runs.run(rowsFrom(0, 10), 10, new Float32Array(20), () => {
    throw new Error('a bug');
  });
  const [call] = late.mock.calls;
  late.mock.restore();
  assert.throws(call.arguments[0] as () => void, /a bug/, 'thrown where nobody is kept waiting by it');
  let isDone = false;
  runs.run(rowsFrom(0, 10), 10, new Float32Array(20), () => {
    isDone = true;
  });
  await runs.close();
  assert.equal(isDone, true);
});
