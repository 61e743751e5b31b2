/** Features and heads as the service runs them, without any server, and ONNX Runtime alone on rows prepared before. */
import { loadConfig } from '../../src/app/config.ts';
import { openLocalState } from '../../src/app/local-state.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { FeatureReader } from '../../src/features/read.ts';
import { prove } from '../../src/inference/prove.ts';
import { readBundles } from '../../src/inference/repository.ts';
import { HeadSession } from '../../src/inference/session.ts';
import { answerQuestions, runFor } from '../child-side.ts';
import { HeadRun } from '../head-run.ts';
import { customerIdOf } from '../orders.ts';
import { shuffled } from '../random.ts';

export interface Opened {
  readonly heads: number;
  readonly features: number;
}

interface Head {
  readonly session: HeadSession;
  readonly onnxRuntime: HeadSession;
  /** Inputs of all customers, in the order in which they are asked for. */
  readonly prepared: Float32Array;
  readonly expected: Float32Array;
}

const SEED = 13;
/** What the proof of a plan allows. */
const TOLERANCE = 1e-5;

/** Both sides with so many customers at a time. */
interface Loop {
  /** Whole batches only, so that both sides see the same ones. */
  readonly rows: number;
  /** One a head. */
  readonly runs: readonly HeadRun[];
  nextProduct: number;
  nextCeiling: number;
}

let heads: Head[] = [];
let ids: string[] = [];
let reader: FeatureReader;
let values: Float64Array;
let nowSec = 0;
const loops = new Map<number, Loop>();

const open = async (asked: { dataDir: string; customers: number; batches: readonly number[] }): Promise<Opened> => {
  const config = loadConfig({
    flags: { 'data-dir': asked.dataDir },
    environment: process.env,
    folder: import.meta.dirname,
  });
  const { pack, tables } = await openLocalState(config);
  values = new Float64Array(pack.featureNames.length);
  nowSec = Math.floor(Date.now() / 1000);
  const rows = asked.customers;
  ids = Array.from(shuffled(rows, SEED), customerIdOf);
  const bundles = await Promise.all(readBundles(pack).map((bundle) => prove(bundle, { plans: config.plans })));
  heads = bundles.map((bundle) => {
    const session = HeadSession.open(bundle);
    return {
      session,
      onnxRuntime: HeadSession.open({ ...bundle, plan: undefined }),
      prepared: new Float32Array(rows * session.inputWidth),
      expected: new Float32Array(rows * session.outputWidth),
    };
  });
  for (const batch of asked.batches) {
    const runs = heads.map(({ session }) => new HeadRun(session, pack.featureNames, batch));
    loops.set(batch, { rows: Math.floor(rows / batch) * batch, runs, nextProduct: 0, nextCeiling: 0 });
  }
  // As the service does: what the models ask for, and nothing else.
  reader = new FeatureReader(
    pack.plan,
    tables,
    heads.flatMap(({ session }) => session.featureNames),
  );
  const [{ runs: writers }] = loops.values();
  for (let row = 0; row < rows; row++) {
    read(ids[row]);
    for (const [head, { prepared }] of heads.entries()) writers[head].write(values, row, prepared);
  }
  for (const { session, onnxRuntime, prepared, expected } of heads) {
    expected.set(session.scoreRows(prepared, rows));
    const far = onnxRuntime
      .scoreRows(prepared, rows)
      .findIndex((score, i) => !(Math.abs(score - expected[i]) <= TOLERANCE));
    if (far >= 0) throw new Error(`the plan of ${session.head} scores row ${far} otherwise than ONNX Runtime`);
  }
  return { heads: heads.length, features: pack.featureNames.length };
};

const read = (id: string): void => {
  if (reader.read(id, nowSec, false, values) !== 'known') throw new Error(`${id} is not in the state`);
};

interface Asked {
  readonly batch: number;
  readonly durationMs: number;
}

const product = ({ batch, durationMs }: Asked) => {
  const loop = loops.get(batch) as Loop;
  let wrongCount = 0;
  const { pieces, wallSec, cpuSec } = runFor(durationMs, () => {
    const first = loop.nextProduct;
    reader.nextTurn();
    for (let row = 0; row < batch; row++) {
      // As the batch route does.
      if (row % LIMITS.scoreChunkRows === 0)
        reader.ahead(ids, first + row, first + Math.min(batch, row + LIMITS.scoreChunkRows));
      read(ids[first + row]);
      for (const run of loop.runs) run.write(values, row);
    }
    for (const [head, run] of loop.runs.entries()) {
      run.run();
      const { output, session } = run;
      const { expected } = heads[head];
      const at = first * session.outputWidth;
      for (let i = 0; i < output.length; i++) if (output[i] !== expected[at + i]) wrongCount++;
    }
    loop.nextProduct = (first + batch) % loop.rows;
  });
  const wrong = wrongCount === 0 ? [] : ['the loop scores otherwise than the prepared rows'];
  return { work: pieces * batch, wallSec, cpuSec, checked: pieces * batch, wrong, wrongCount };
};

const ceiling = ({ batch, durationMs }: Asked) => {
  const loop = loops.get(batch) as Loop;
  const { pieces, wallSec, cpuSec } = runFor(durationMs, () => {
    for (const [head, { onnxRuntime, prepared }] of heads.entries())
      onnxRuntime.run(prepared.subarray(loop.nextCeiling * onnxRuntime.inputWidth), batch, loop.runs[head].output);
    loop.nextCeiling = (loop.nextCeiling + batch) % loop.rows;
  });
  return { work: pieces * batch, wallSec, cpuSec, checked: 0, wrong: [], wrongCount: 0 };
};

answerQuestions({ open, product, ceiling });
