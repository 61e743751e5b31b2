/**
 * What a row costs in ONNX Runtime and as a plan, for each model of the retail pack: `node load-tests/inference/plans.ts`. Microseconds of
 * CPU a row, medians of rounds in turns, on rows that do not come again soon: the branches of trees are learnt otherwise.
 */
import { fileURLToPath } from 'node:url';
import { randomOf } from '../../bench/random.ts';
import { prove } from '../../src/inference/prove.ts';
import { readBundles } from '../../src/inference/repository.ts';
import { HeadSession } from '../../src/inference/session.ts';
import { loadPack } from '../../src/packs/pack.ts';

const ROWS = 65_536;
const ROUND_MS = 150;
const ROUNDS = 9;
const BATCHES = [1, 2, 4, 8, 16, 64];

const random = randomOf(17);
const pack = loadPack(fileURLToPath(new URL('../../models/retail', import.meta.url)));

const randomRows = (inputs: readonly { min?: number; max?: number; default: number }[]): Float32Array => {
  const rows = new Float32Array(ROWS * inputs.length);
  // Half of the customers are anywhere, half near the lower ends, where most are.
  for (let row = 0, at = 0; row < ROWS; row++)
    for (const { default: standard, min = standard, max = standard } of inputs)
      rows[at++] = min + (max - min) * random() ** (row % 2 === 0 ? 1 : 8);
  return rows;
};

/** Begins where the round before it has ended. */
const timed = (session: HeadSession, input: Float32Array, batch: number): (() => number) => {
  const output = new Float32Array(batch * session.outputWidth);
  let next = 0;
  return () => {
    const before = process.cpuUsage();
    const until = performance.now() + ROUND_MS;
    let rows = 0;
    while (performance.now() < until) {
      for (let run = 0; run < 16; run++, rows += batch) {
        session.run(input.subarray(next * session.inputWidth), batch, output);
        next = (next + batch) % ROWS;
      }
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / rows;
  };
};

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

for (const bundle of readBundles(pack)) {
  const { manifest, plan } = await prove(bundle);
  const input = randomRows([...manifest.input.features, ...manifest.context]);
  const sessions = [HeadSession.open(bundle), HeadSession.open({ ...bundle, plan })];
  console.log(`${bundle.id}: ${sessions.map(({ engine }) => engine).join(', ')}`);
  for (const batch of BATCHES) {
    const rounds = sessions.map((session) => timed(session, input, batch));
    const found = Array.from({ length: ROUNDS }, () => rounds.map((round) => round()));
    const [onnxRuntime, planned] = sessions.map((_, i) => median(found.map((both) => both[i])));
    const times = (onnxRuntime / planned).toFixed(1);
    console.log(`  batch ${batch}: ${onnxRuntime.toFixed(2)} µs a row, ${planned.toFixed(2)} µs, ${times} ×`);
  }
}
