import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { cpuSecOf } from '../../bench/cpu-time.ts';
import { placement } from '../../bench/placement.ts';
import { HeadSession } from '../../src/inference/session.ts';
import { type Owner, startService } from '../../tests/support/service.ts';
import { startTriton, whyNoTriton } from '../../tests/v2/triton-core.ts';
import { withOwner } from '../durability/owner.ts';

/**
 * Binary inference of 1,000 rows beside the real Triton core with the same model: the same bytes by the same client, in turns,
 * each side on one core, one question at a time and then four.
 * `BECKON_TEST_TRITON_PYTHON=.venv/bin/python node load-tests/v2/infer.ts [head] [rows]`
 */
const HEAD = process.argv[2] ?? 'repurchase';
const ROWS = Number(process.argv[3] ?? 1000);
const PAIRS = 5;
const TURN_MS = 1500;
/** Of answers to the same rows. */
const TOLERANCE = 1e-6;
const BUNDLE = fileURLToPath(new URL(`../../models/retail/${HEAD}/1/`, import.meta.url));

const python = process.env.BECKON_TEST_TRITON_PYTHON as string;
const why = await whyNoTriton(python);
if (why !== undefined) {
  console.error(why);
  process.exit(1);
}

const manifest = JSON.parse(readFileSync(`${BUNDLE}manifest.json`, 'utf8'));
const { input, context } = manifest;
const bounds: { min?: number; max?: number }[] = [...input.features, ...context];

/** Values as training saw them, drawn from a fixed seed. */
const drawnRows = (): Float32Array => {
  let seed = 20_261_122;
  return Float32Array.from({ length: ROWS * bounds.length }, (_, i) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const { min = 0, max = 1 } = bounds[i % bounds.length];
    return min + (seed / 2 ** 32) * (max - min);
  });
};

const rows = drawnRows();
const bytes = Buffer.from(rows.buffer);
const tensor = { name: input.name, datatype: 'FP32', shape: [ROWS, bounds.length] };
const head = Buffer.from(
  JSON.stringify({
    inputs: [{ ...tensor, parameters: { binary_data_size: bytes.length } }],
    parameters: { binary_data_output: true },
  }),
);
const body = Buffer.concat([head, bytes]);
const headers = {
  'content-type': 'application/octet-stream',
  'content-length': body.length,
  'inference-header-content-length': head.length,
};
const agent = new Agent({ keepAlive: true });

/** @returns the scores, as bytes */
const infer = async (address: string): Promise<Buffer> => {
  const [host, port] = address.split(':');
  const asked = request({ agent, host, port, path: `/v2/models/${HEAD}/infer`, method: 'POST', headers });
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  asked.on('error', reject).on('response', (response) => {
    const jsonBytes = Number(response.headers['inference-header-content-length']);
    buffer(response).then((all) => {
      if (response.statusCode === 200) resolve(all.subarray(jsonBytes));
      else reject(new Error(all.toString()));
    }, reject);
  });
  asked.end(body);
  return promise;
};

interface Side {
  readonly address: string;
  readonly pids: readonly number[];
}

interface Turn {
  /** Questions a second. */
  readonly rate: number;
  /** CPU of all processes of the side, ms a question. */
  readonly cpuMs: number;
}

const cpuSec = ({ pids }: Side): number => pids.reduce((sum, pid) => sum + cpuSecOf(pid), 0);

/** @param underWay questions at a time */
const turn = async (side: Side, underWay: number): Promise<Turn> => {
  const cpu = cpuSec(side);
  const startMs = performance.now();
  let answered = 0;
  const ask = async (): Promise<void> => {
    while (performance.now() - startMs < TURN_MS) {
      await infer(side.address);
      answered++;
    }
  };
  await Promise.all(Array.from({ length: underWay }, ask));
  const seconds = (performance.now() - startMs) / 1000;
  return { rate: answered / seconds, cpuMs: ((cpuSec(side) - cpu) * 1000) / answered };
};

const floatsOf = (scores: Buffer): Float32Array => new Float32Array(new Uint8Array(scores).buffer);

/** @returns how far the answers of both are apart. @throws AssertionError where that is too far */
const compare = async (sides: readonly Side[]): Promise<number> => {
  const [ours, theirs] = await Promise.all(sides.map(async ({ address }) => floatsOf(await infer(address))));
  assert.equal(ours.length, theirs.length);
  const apart = ours.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i])), 0);
  assert.ok(apart <= TOLERANCE, `the answers are ${apart} apart`);
  return apart;
};

/** What the model alone takes in ONNX Runtime, ms of CPU: no server of it can take less. */
const modelMs = (): number => {
  const session = HeadSession.open({ id: HEAD, manifest, model: readFileSync(`${BUNDLE}model.onnx`) });
  const runs = Array.from({ length: 200 }, () => {
    const startMs = performance.now();
    session.scoreRows(rows, ROWS);
    return performance.now() - startMs;
  });
  session.release();
  return median(runs);
};

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

const measure = async (owner: Owner): Promise<void> => {
  const { serverCore, clientCore, text } = placement();
  const under = serverCore === undefined ? [] : ['taskset', '-c', `${serverCore}`];
  if (clientCore !== undefined) execFileSync('taskset', ['-a', '-p', '-c', `${clientCore}`, `${process.pid}`]);
  const service = await startService(owner, { args: ['--serving-threads', '1'], under });
  const triton = await startTriton(owner, python, BUNDLE, HEAD, under);
  const beckon: Side = { address: service.http, pids: [service.process.pid as number] };
  const core: Side = { address: triton.http, pids: triton.pids };
  const apart = await compare([beckon, core]);
  console.log(`${HEAD}, ${ROWS} rows of ${bounds.length}; ${text}; answers at most ${apart} apart`);
  console.log(`the model alone: ${modelMs().toFixed(2)} ms`);
  for (const underWay of [1, 4]) {
    const pairs: (readonly [Turn, Turn])[] = [];
    for (let pair = 0; pair < PAIRS; pair++) pairs.push([await turn(beckon, underWay), await turn(core, underWay)]);
    const of = (value: (pair: readonly [Turn, Turn]) => number): string => median(pairs.map(value)).toFixed(2);
    console.log(
      `${underWay} under way: beckon ${of(([a]) => a.rate)}/s, ${of(([a]) => a.cpuMs)} ms CPU;` +
        ` triton ${of(([, b]) => b.rate)}/s, ${of(([, b]) => b.cpuMs)} ms CPU;` +
        ` ratio ${of(([a, b]) => a.rate / b.rate)}, of CPU ${of(([a, b]) => b.cpuMs / a.cpuMs)}`,
    );
  }
};

try {
  await withOwner(measure);
} finally {
  agent.destroy();
}
