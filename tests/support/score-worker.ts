import { parentPort, workerData } from 'node:worker_threads';
import { Batcher } from '../../src/inference/batcher.ts';
import type { Bundle } from '../../src/inference/repository.ts';
import { HeadSession } from '../../src/inference/session.ts';

/**
 * A thread that scores `workerData.rows` rows with a session of its own, by batcher and in bulk, then ends by itself.
 * The `RowDone` of its first row throws, as a bug of a caller would.
 */
export interface ScoreWorkerReport {
  readonly batched: Float32Array;
  readonly bulk: Float32Array;
  readonly uncaught: string[];
}

const { bundle, input, rows } = workerData as { bundle: Bundle; input: Float32Array; rows: number };
const session = HeadSession.open(bundle);
const batcher = new Batcher(session);
const batched = new Float32Array(rows * session.outputWidth);
const uncaught: string[] = [];
process.on('uncaughtException', (error) => uncaught.push(error.message));

for (let row = 0; row < rows; row++) {
  batcher.input.set(input.subarray(row * session.inputWidth, (row + 1) * session.inputWidth), batcher.offset);
  batcher.add((tag, _error, output, offset) => {
    batched.set(output.subarray(offset, offset + session.outputWidth), tag * session.outputWidth);
    if (tag === 0) throw new Error('the first row has a bug');
  }, row);
}
await batcher.close();
const bulk = session.scoreRows(input, rows);
session.release();
parentPort!.postMessage({ batched, bulk, uncaught } satisfies ScoreWorkerReport);
