/** Features and heads without any server, and ONNX Runtime alone on rows prepared before. */
import { loadConfig } from '../../src/app/config.ts';
import { openLocalState } from '../../src/app/local-state.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { FeatureReader } from '../../src/features/read.ts';
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
  /** Inputs of all customers, in the order in which they are asked for. */
  readonly prepared: Float32Array;
  readonly expected: Float32Array;
}

const SEED = 13;

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
  heads = readBundles(pack)
    .map((bundle) => HeadSession.open(bundle))
    .map((session) => ({
      run: new HeadRun(session, pack.featureNames, batch),
      prepared: new Float32Array(rows * session.inputWidth),
      expected: new Float32Array(rows * session.outputWidth),
    }));
  // As the service does: what the models ask for, and nothing else.
  reader = new FeatureReader(
    pack.plan,
    tables,
    heads.flatMap(({ run }) => run.session.featureNames),
  );
  for (let row = 0; row < rows; row++) fill(ids[row], row, true);
  for (const { run, prepared, expected } of heads) expected.set(run.session.scoreRows(prepared, rows));
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
    for (const { run, prepared } of heads)
      run.session.run(prepared.subarray(nextCeiling * run.session.inputWidth), batch, run.output);
    nextCeiling = (nextCeiling + batch) % ids.length;
  });
  return { work: pieces * batch, wallSec, cpuSec, checked: 0, wrong: [], wrongCount: 0 };
};

answerQuestions({ open, product, ceiling });
