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
  readonly run: HeadRun;
  readonly onnxRuntime: HeadSession;
  /** Inputs of all customers, in the order in which they are asked for. */
  readonly prepared: Float32Array;
  readonly expected: Float32Array;
}

const SEED = 13;
/** What the proof of a plan allows. */
const TOLERANCE = 1e-5;

let heads: Head[] = [];
let ids: string[] = [];
let reader: FeatureReader;
let values: Float64Array;
let nowSec = 0;
let batch = 0;
let nextProduct = 0;
let nextCeiling = 0;

const open = async (asked: { dataDir: string; customers: number; batch: number }): Promise<Opened> => {
  batch = asked.batch;
  const config = loadConfig({
    flags: { 'data-dir': asked.dataDir },
    environment: process.env,
    folder: import.meta.dirname,
  });
  const { pack, tables } = await openLocalState(config);
  values = new Float64Array(pack.featureNames.length);
  nowSec = Math.floor(Date.now() / 1000);
  // Whole batches only, so that both sides see the same ones.
  const rows = Math.floor(asked.customers / batch) * batch;
  ids = Array.from(shuffled(asked.customers, SEED).subarray(0, rows), customerIdOf);
  const bundles = await Promise.all(readBundles(pack).map((bundle) => prove(bundle, { plans: config.plans })));
  heads = bundles.map((bundle) => {
    const session = HeadSession.open(bundle);
    return {
      run: new HeadRun(session, pack.featureNames, batch),
      onnxRuntime: HeadSession.open({ ...bundle, plan: undefined }),
      prepared: new Float32Array(rows * session.inputWidth),
      expected: new Float32Array(rows * session.outputWidth),
    };
  });
  // As the service does: what the models ask for, and nothing else.
  reader = new FeatureReader(
    pack.plan,
    tables,
    heads.flatMap(({ run }) => run.session.featureNames),
  );
  for (let row = 0; row < rows; row++) fill(ids[row], row, true);
  for (const { run, onnxRuntime, prepared, expected } of heads) {
    expected.set(run.session.scoreRows(prepared, rows));
    const far = onnxRuntime
      .scoreRows(prepared, rows)
      .findIndex((score, i) => !(Math.abs(score - expected[i]) <= TOLERANCE));
    if (far >= 0) throw new Error(`the plan of ${run.session.head} scores row ${far} otherwise than ONNX Runtime`);
  }
  return { heads: heads.length, features: pack.featureNames.length };
};

/** Reads a customer and writes the inputs of each head as its row. */
const fill = (id: string, row: number, isPrepared: boolean): void => {
  if (reader.read(id, nowSec, false, values) !== 'known') throw new Error(`${id} is not in the state`);
  for (const { run, prepared } of heads) run.write(values, row, isPrepared ? prepared : undefined);
};

const product = (durationMs: number) => {
  let wrongCount = 0;
  const { pieces, wallSec, cpuSec } = runFor(durationMs, () => {
    reader.nextTurn();
    for (let row = 0; row < batch; row++) {
      // As the batch route does.
      if (row % LIMITS.scoreChunkRows === 0)
        reader.ahead(ids, nextProduct + row, nextProduct + Math.min(batch, row + LIMITS.scoreChunkRows));
      fill(ids[nextProduct + row], row, false);
    }
    for (const { run, expected } of heads) {
      run.run();
      const { output, session } = run;
      const first = nextProduct * session.outputWidth;
      for (let i = 0; i < output.length; i++) if (output[i] !== expected[first + i]) wrongCount++;
    }
    nextProduct = (nextProduct + batch) % ids.length;
  });
  const wrong = wrongCount === 0 ? [] : ['the loop scores otherwise than the prepared rows'];
  return { work: pieces * batch, wallSec, cpuSec, checked: pieces * batch, wrong, wrongCount };
};

const ceiling = (durationMs: number) => {
  const { pieces, wallSec, cpuSec } = runFor(durationMs, () => {
    for (const { run, onnxRuntime, prepared } of heads)
      onnxRuntime.run(prepared.subarray(nextCeiling * onnxRuntime.inputWidth), batch, run.output);
    nextCeiling = (nextCeiling + batch) % ids.length;
  });
  return { work: pieces * batch, wallSec, cpuSec, checked: 0, wrong: [], wrongCount: 0 };
};

answerQuestions({ open, product, ceiling });
