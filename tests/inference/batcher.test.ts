import { strict as assert } from 'node:assert';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import type { BeckonError } from '../../src/base/errors.ts';
import { Batcher } from '../../src/inference/batcher.ts';
import { prove } from '../../src/inference/prove.ts';
import type { InferenceRun } from '../../src/inference/run-rows.ts';
import { HeadSession } from '../../src/inference/session.ts';
import { openShop, shopBundle } from '../support/bundles.ts';
import type { ScoreWorkerReport } from '../support/score-worker.ts';

/** Distinct numbers for each row: no two rows can be taken for one another. */
const rowOf = (row: number, width: number): number[] =>
  Array.from({ length: width }, (_, column) => Math.sin((row * 5 + column + 1) ** 2) * 4);

const inputOf = (rows: number, width: number): Float32Array =>
  Float32Array.from(Array.from({ length: rows }, (_, row) => rowOf(row, width)).flat());

const addRow = (
  batcher: Batcher,
  numbers: readonly number[],
  done: (outcome: BeckonError | number[]) => void,
): void => {
  batcher.input.set(numbers, batcher.offset);
  batcher.add((_, error, output, offset) => done(error ?? [...output.subarray(offset, offset + 2)]), undefined);
};

const watchRuns = (t: TestContext): InferenceRun[] => {
  const seen: InferenceRun[] = [];
  const listener = (message: unknown): void => void seen.push(message as InferenceRun);
  subscribe('beckon:inference.run', listener);
  t.after(() => unsubscribe('beckon:inference.run', listener));
  return seen;
};

const scoreAlone = (session: HeadSession, numbers: readonly number[]): number[] => {
  const output = new Float32Array(session.outputWidth);
  session.run(Float32Array.from(numbers), 1, output);
  return [...output];
};

/** What happens before a row: nothing, the end of a callback, a turn of the loop, a flush, or the row comes from a `RowDone`. */
type Gap = 'none' | 'microtask' | 'turn' | 'flush' | 'fromCallback';

/** The gaps before 1 to 300 rows, in bursts of which some are longer than two chunks. */
const gaps = fc
  .array(
    fc.tuple(fc.integer({ min: 1, max: 200 }), fc.constantFrom<Gap>('microtask', 'turn', 'flush', 'fromCallback')),
    {
      minLength: 1,
      maxLength: 20,
      size: 'max',
    },
  )
  .map((bursts) => bursts.flatMap(([rows, gap]) => [gap, ...Array<Gap>(rows - 1).fill('none')]).slice(0, 300));

for (const head of ['linear', 'trees'] as const) {
  test(`every row gets its own answer, bit for bit that of the row alone: ${head}`, async (t) => {
    const session = openShop(t, head);
    const alone = Array.from({ length: 300 }, (_, row) => scoreAlone(session, rowOf(row, 5)));
    assert(new Set(alone.map(String)).size > 200, 'the rows can be told apart');
    await fc.assert(
      fc.asyncProperty(gaps, async (before) => {
        const batcher = new Batcher(session);
        const told: [number, BeckonError | number[]][] = [];
        const add = (row: number): void =>
          addRow(batcher, rowOf(row, 5), (outcome) => {
            told.push([row, outcome]);
            if (before[row + 1] === 'fromCallback') add(row + 1);
          });
        for (const [row, gap] of before.entries()) {
          if (gap === 'microtask') await undefined;
          if (gap === 'turn') await turn();
          if (gap === 'flush') {
            batcher.flush();
            assert.ok(told.length >= row, 'what was added is told when it returns');
          }
          if (row === 0 || gap !== 'fromCallback') add(row);
          else while (told.length <= row) await turn();
        }
        await batcher.close();
        const expected = before.map((_, row) => [row, alone[row]]);
        assert.deepEqual(told, expected, 'every row once, in order, with its own answer');
      }),
      { numRuns: 60 },
    );
  });
}

test('rows of one turn are one run, whichever socket callback, microtask or tick they come from', async (t) => {
  const runs = watchRuns(t);
  const batcher = new Batcher(openShop(t, 'linear'));
  const add = (): void => addRow(batcher, [1, 2, 3, 4, 5], () => {});
  for (let i = 0; i < 7; i++) add();
  process.nextTick(add);
  void Promise.resolve().then(add);
  await turn();
  await batcher.close();
  assert.deepEqual(
    runs.map(({ durationMs, ...run }) => ({ ...run, timed: durationMs > 0 && durationMs < 5000 })),
    [{ head: 'linear', rows: 9, failedRows: 0, timed: true }],
  );
});

test('more rows than a chunk are run one chunk a turn, so that the loop is never held for long', async (t) => {
  const runs = watchRuns(t);
  const batcher = new Batcher(openShop(t, 'linear'));
  const between: number[] = [];
  for (let i = 0; i < 150; i++) addRow(batcher, [i, 0, 0, 0, 0], () => {});
  for (let i = 0; i < 3; i++) {
    await turn();
    between.push(runs.length);
  }
  await batcher.close();
  assert.deepEqual(
    runs.map((run) => run.rows),
    [64, 64, 22],
  );
  assert.deepEqual(between, [1, 2, 3]);
});

test('a row that fails the run gets an error; its neighbours and the next batch get their answers', async (t) => {
  const runs = watchRuns(t);
  const session = openShop(t, 'lookup');
  const batcher = new Batcher(session);
  const outcomes: (BeckonError | number[])[] = [];
  const firsts = [0, 99, 3, 99, 1];
  for (const first of firsts) addRow(batcher, [first, 0, 0, 0, 0], (outcome) => outcomes.push(outcome));
  await turn();
  for (const first of [2, 99]) {
    addRow(batcher, [first, 0, 0, 0, 0], (outcome) => outcomes.push(outcome));
    await turn();
  }
  await batcher.close();
  for (const [i, first] of [...firsts, 2, 99].entries()) {
    const outcome = outcomes[i];
    if (first !== 99) assert.deepEqual(outcome, scoreAlone(session, [first, 0, 0, 0, 0]));
    else {
      assert(outcome instanceof Error && outcome.code === 'INTERNAL');
      assert.equal(outcome.message, 'The model of head "lookup" failed.');
      assert.match((outcome.cause as Error).message, /out of data bounds/);
    }
  }
  assert.deepEqual(
    runs.map((run) => [run.rows, run.failedRows]),
    [
      [5, 2],
      [1, 0],
      [1, 1],
    ],
  );
});

test('a row whose output is not finite gets an error, and only that row', async (t) => {
  const batcher = new Batcher(openShop(t, 'logarithm'));
  const outcomes: (BeckonError | number[])[] = [];
  for (const first of [1, -1, 2]) addRow(batcher, [first, 1, 1, 1, 1], (outcome) => outcomes.push(outcome));
  await batcher.close();
  assert.deepEqual(
    outcomes.map((outcome) => outcome instanceof Error),
    [false, true, false],
  );
  assert.match((outcomes[1] as BeckonError).message, /^The model of head "logarithm" gave a number that is not finite/);
});

test('a row that was written but not added is never scored', async (t) => {
  const runs = watchRuns(t);
  const session = openShop(t, 'linear');
  const batcher = new Batcher(session);
  batcher.input.fill(9, batcher.offset, batcher.offset + 5);
  await turn();
  assert.equal(runs.length, 0);
  let outcome: unknown;
  addRow(batcher, [1, 2, 3, 4, 5], (told) => {
    outcome = told;
  });
  await batcher.close();
  assert.deepEqual(outcome, scoreAlone(session, [1, 2, 3, 4, 5]));
  assert.throws(() => addRow(batcher, [1, 2, 3, 4, 5], () => {}), { code: 'SHUTTING_DOWN' });
});

for (const engine of ['onnxruntime', 'plan'] as const) {
  test(`threads load and score at the same time, and a caller that throws harms no other row: ${engine}`, async (t) => {
    const bundle = engine === 'plan' ? await prove(shopBundle('trees')) : shopBundle('trees');
    const session = HeadSession.open(bundle);
    t.after(() => session.release());
    assert.equal(session.engine, engine);
    const rows = 200;
    const input = inputOf(rows, session.inputWidth);
    const expected = session.scoreRows(input, rows);
    const reports = await Promise.all(
      [1, 2, 3].map(async () => {
        const workerData = { bundle, input, rows };
        const worker = new Worker(new URL('../support/score-worker.ts', import.meta.url), { workerData });
        const reports: ScoreWorkerReport[] = [];
        worker.on('message', (report) => reports.push(report));
        assert.deepEqual(await once(worker, 'exit'), [0]);
        return reports[0];
      }),
    );
    for (const { batched, bulk, uncaught } of reports) {
      assert.deepEqual(batched, expected);
      assert.deepEqual(bulk, expected);
      assert.deepEqual(uncaught, ['the first row has a bug']);
    }
  });
}
