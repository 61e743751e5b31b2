import { BeckonError } from '../../base/errors.ts';
import { idProblem } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import { allFinite } from '../../inference/all-finite.ts';
import type { LiveHead } from '../../inference/registry.ts';
import type { ServingParts } from '../parts.ts';
import { CUSTOMER_ID } from './model.ts';
import { readCustomers } from './read-customers.ts';
import { count } from './statistics.ts';

/** An input tensor as a door has read it. */
export interface GivenTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** Of FP32. */
  readonly numbers?: Float32Array;
  /** Of BYTES. */
  readonly texts?: readonly string[];
}

/** What a model is asked: rows of its inputs, or whose they are. */
export interface Inference {
  readonly live: LiveHead;
  readonly rows: number;
  readonly numbers?: Float32Array;
  readonly customerIds?: readonly string[];
}

/** @throws BeckonError REQUEST_INVALID, BATCH_TOO_LARGE */
export const inferenceOf = (live: LiveHead, tensors: readonly GivenTensor[]): Inference => {
  const { session } = live;
  if (tensors.length !== 1)
    throw invalid(`give one input, '${session.inputName}' or '${CUSTOMER_ID}', not ${tensors.length}`);
  const [tensor] = tensors;
  const { name, datatype, shape } = tensor;
  const isIds = name === CUSTOMER_ID;
  if (!isIds && name !== session.inputName)
    throw invalid(`unexpected input '${name.slice(0, 64)}' for model '${session.head}'`);
  const wanted = isIds ? 'BYTES' : 'FP32';
  if (datatype !== wanted) throw invalid(`input '${name}' must be ${wanted}, not ${datatype.slice(0, 64)}`);
  const [rows, width] = shape;
  const fits = isIds ? shape.length === 1 : shape.length === 2 && width === session.inputWidth;
  if (!fits || !Number.isSafeInteger(rows) || rows < 0)
    throw invalid(
      `input '${name}' must have the shape ${isIds ? '[N]' : `[N, ${session.inputWidth}]`}, not [${shape.join(', ')}]`,
    );
  if (rows > LIMITS.customersPerRequestMax)
    throw new BeckonError('BATCH_TOO_LARGE', `${rows} rows; at most ${LIMITS.customersPerRequestMax} are allowed`);
  const given = isIds ? tensor.texts?.length : tensor.numbers?.length;
  const needed = isIds ? rows : rows * width;
  if (given !== needed) throw invalid(`input '${name}' holds ${given ?? 0} values, not ${needed}`);
  if (isIds) return { live, rows, customerIds: checkedIds(tensor.texts as readonly string[]) };
  return { live, rows, numbers: finite(name, tensor.numbers as Float32Array) };
};

/** @param names of the outputs that are wanted. @throws BeckonError REQUEST_INVALID */
export const checkOutputs = ({ session }: LiveHead, names: readonly string[]): void => {
  const other = names.find((name) => name !== session.outputName);
  if (other !== undefined) throw invalid(`unexpected output '${other.slice(0, 64)}' for model '${session.head}'`);
};

/** As many rows pay for a run of their own: fewer go through ONNX Runtime with those of other callers. */
const LONG_RUN_ROWS = 16;

/** How many numbers answer it. */
export const answerNumbers = ({ live, rows }: Inference): number => rows * live.session.outputWidth;

/**
 * Asks a model, as ONNX Runtime runs it.
 * @param output takes {@link answerNumbers}
 * @param done told when they are there, or why they are not; often before the call returns
 */
export const infer = (
  parts: ServingParts,
  { live: asked, rows, numbers, customerIds }: Inference,
  output: Float32Array,
  done: (error: BeckonError | undefined) => void,
): void => {
  const live = parts.registry.reference(asked);
  const { batcher, longRuns, session } = live;
  const { inputWidth, outputWidth } = session;
  const startMs = performance.now();
  const ended = (error: BeckonError | undefined): void => {
    count(asked, rows, error !== undefined, performance.now() - startMs, parts.clock.nowMs());
    done(error);
  };
  // A run of a plan costs nothing beside its rows.
  if (numbers !== undefined && (rows >= LONG_RUN_ROWS || session.engine === 'plan')) {
    longRuns.run(numbers, rows, output, ended);
    return;
  }
  let left = rows;
  let failure: BeckonError | undefined;
  const told = (row: number, error: BeckonError | undefined, from: Float32Array, offset: number): void => {
    if (error === undefined) copyRow(from, offset, output, row * outputWidth, outputWidth);
    else failure ??= error;
    if (--left === 0) ended(failure);
  };
  if (rows === 0) {
    ended(undefined);
    return;
  }
  if (numbers !== undefined) {
    for (let row = 0; row < rows; row++) {
      copyRow(numbers, row * inputWidth, batcher.input, batcher.offset, inputWidth);
      batcher.add(told, row);
    }
    return;
  }
  readCustomers(parts, live, customerIds as readonly string[], told, (error, unread) => {
    failure ??= error;
    left -= unread;
    if (left === 0) ended(failure);
  });
};

/** A view for `set` costs more than the few numbers of a row. */
const copyRow = (from: Float32Array, at: number, to: Float32Array, place: number, width: number): void => {
  for (let i = 0; i < width; i++) to[place + i] = from[at + i];
};

const checkedIds = (ids: readonly string[]): readonly string[] => {
  for (const [i, id] of ids.entries()) {
    const problem = idProblem(id, LIMITS.idBytesMax);
    if (problem !== undefined) throw invalid(`${CUSTOMER_ID}[${i}] ${problem}`);
  }
  return ids;
};

/** ONNX Runtime scores NaN without a word. */
const finite = (name: string, numbers: Float32Array): Float32Array => {
  if (allFinite(numbers)) return numbers;
  const wrong = numbers.findIndex((value) => !Number.isFinite(value));
  throw invalid(`input '${name}': value ${wrong} is not a finite number`);
};

const invalid = (message: string): BeckonError => new BeckonError('REQUEST_INVALID', message);
