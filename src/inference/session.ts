import './no-telemetry.ts';
import { env, Tensor } from 'onnxruntime-node';
import { type Binding, binding, initOrt } from 'onnxruntime-node/dist/binding.js';
import { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { inputWidth, type Manifest, type ManifestColumn, outputWidth } from './manifest.ts';
import type { Plan } from './plan/plan.ts';
import { ALIKE_MAX } from './plan/plan-proof.ts';
import { PlanRunner } from './plan/plan-runner.ts';
import { refusal } from './refusal.ts';

/**
 * The door of ONNX Runtime. It goes to the binding and not to the package's `InferenceSession`, whose `run()` is the
 * same blocking call behind a promise and one more turn of the loop: 5.3 µs against 11.5 for a small model at batch 1.
 * The package is pinned to an exact version, and the tests of this room fail where the binding changes.
 */
env.logLevel = 'fatal';

export const onnxRuntimeVersion: string = env.versions.common;

const OPTIONS = {
  executionProviders: ['cpu'],
  // Threads of ours share the cores; a pool of ONNX Runtime's own would fight them for rows of microseconds.
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  // Whatever it would log is thrown as well.
  logSeverityLevel: 4,
} as const;

const FLOAT32 = 1;

/** What runs a model: a plan of our own, or ONNX Runtime. */
export type EngineName = 'plan' | 'onnxruntime';

interface Runner {
  run(input: Float32Array, rows: number, output: Float32Array): void;
  release(): void;
}

/** What a session is opened from. */
interface Opened {
  readonly id: string;
  readonly manifest: Manifest;
  readonly model: Uint8Array;
  readonly plan?: Plan;
  readonly planApart?: number;
}

/**
 * One model of one head, loaded in this thread: sessions cannot be shared between threads. Do not terminate a worker
 * that may be inside {@link open} or {@link run}: that aborts the whole process.
 */
export class HeadSession {
  readonly head: string;
  readonly name: string;
  readonly version: string;
  /** Of model.onnx. */
  readonly sha256: string;
  /** Inputs in order: the features, then the context. */
  readonly featureNames: readonly string[];
  readonly context: Manifest['context'];
  /** Meanings of the outputs in order. */
  readonly columns: readonly ManifestColumn[];
  /** Numbers of one row of input and of output. */
  readonly inputWidth: number;
  readonly outputWidth: number;
  /** Names of the tensors of the file. */
  readonly inputName: string;
  readonly outputName: string;
  readonly engine: EngineName;
  /** Whether it is ONNX Runtime, or a plan that was found to be so near to it that it may speak for it. */
  readonly isReference: boolean;
  readonly #bundle: Opened;
  #runner: Runner | undefined;

  private constructor(bundle: Opened, engine: EngineName, runner: Runner) {
    const { manifest } = bundle;
    this.#bundle = bundle;
    this.head = manifest.head;
    this.name = manifest.name;
    this.version = manifest.version;
    this.sha256 = manifest.sha256;
    this.featureNames = manifest.input.features.map((feature) => feature.name);
    this.context = manifest.context;
    this.columns = manifest.output.columns;
    this.inputWidth = inputWidth(manifest);
    this.outputWidth = outputWidth(manifest);
    this.inputName = manifest.input.name;
    this.outputName = manifest.output.name;
    this.engine = engine;
    this.isReference = engine === 'onnxruntime' || isAlike(bundle);
    this.#runner = runner;
  }

  /**
   * Loads a model, or its plan; blocks while it does.
   * @throws BeckonError BUNDLE_REFUSED where ONNX Runtime cannot load it or its inputs and outputs are not the manifest's.
   */
  static open(bundle: Opened): HeadSession {
    const { id, manifest, model, plan } = bundle;
    if (plan !== undefined) {
      return new HeadSession(bundle, 'plan', new PlanRunner(plan, inputWidth(manifest), outputWidth(manifest)));
    }
    initOrt();
    const session = new binding.InferenceSession();
    try {
      session.loadModel(model.buffer as ArrayBuffer, model.byteOffset, model.byteLength, OPTIONS);
    } catch (cause) {
      throw refusal(id, `model.onnx cannot be loaded: ${(cause as Error).message}`, { cause });
    }
    const problem =
      tensorProblem('input', session.inputMetadata, manifest.input.name, inputWidth(manifest)) ??
      tensorProblem('output', session.outputMetadata, manifest.output.name, outputWidth(manifest));
    if (problem === undefined) return new HeadSession(bundle, 'onnxruntime', new OnnxRunner(manifest, session));
    session.dispose();
    throw refusal(id, problem);
  }

  /** The same model in ONNX Runtime, whatever runs this one; blocks for some 20 ms. @throws as {@link open} */
  inOnnxRuntime(): HeadSession {
    const { plan: _plan, planApart: _apart, ...bundle } = this.#bundle;
    return HeadSession.open(bundle);
  }

  /**
   * Scores rows; blocks for the work and, in ONNX Runtime, for 5 µs before it.
   * @param input `rows * inputWidth` numbers or more, not in shared memory: a row that changes meanwhile is a torn read.
   * @param output takes `rows * outputWidth` numbers, which may be NaN or infinite: see {@link isFiniteRow}.
   * @throws BeckonError INTERNAL with the engine's error as its cause.
   */
  run(input: Float32Array, rows: number, output: Float32Array): void {
    if (this.#runner === undefined) throw new BeckonError('INTERNAL', `The model of head "${this.head}" is released.`);
    try {
      this.#runner.run(input, rows, output);
    } catch (cause) {
      throw new BeckonError('INTERNAL', `The model of head "${this.head}" failed.`, { cause });
    }
  }

  /**
   * Scores many rows in chunks and blocks until all are done: for worker threads and commands, not for a serving loop.
   * @returns `rows * outputWidth` numbers; check each row with {@link isFiniteRow}.
   * @throws BeckonError INTERNAL
   */
  scoreRows(input: Float32Array, rows: number): Float32Array {
    const output = new Float32Array(rows * this.outputWidth);
    for (let row = 0; row < rows; row += LIMITS.scoreChunkRows) {
      const chunk = Math.min(LIMITS.scoreChunkRows, rows - row);
      this.run(input.subarray(row * this.inputWidth), chunk, output.subarray(row * this.outputWidth));
    }
    return output;
  }

  /** Frees the native memory. Harmless when called again. */
  release(): void {
    this.#runner?.release();
    this.#runner = undefined;
  }
}

const isAlike = ({ plan, planApart = Infinity }: Opened): boolean =>
  plan?.branchesAlike === true && planApart <= ALIKE_MAX;

class OnnxRunner implements Runner {
  readonly #manifest: Manifest;
  readonly #session: Binding.InferenceSession;

  constructor(manifest: Manifest, session: Binding.InferenceSession) {
    this.#manifest = manifest;
    this.#session = session;
  }

  run(input: Float32Array, rows: number, output: Float32Array): void {
    const [inputs, outputs] = [inputWidth(this.#manifest), outputWidth(this.#manifest)];
    this.#session.run(
      { [this.#manifest.input.name]: new Tensor('float32', input.subarray(0, rows * inputs), [rows, inputs]) },
      { [this.#manifest.output.name]: new Tensor('float32', output.subarray(0, rows * outputs), [rows, outputs]) },
      {},
    );
  }

  release(): void {
    this.#session.dispose();
  }
}

/** False where any of the `width` numbers from `offset` on is NaN or infinite. */
export const isFiniteRow = (output: Float32Array, offset: number, width: number): boolean => {
  for (let i = offset; i < offset + width; i++) if (!Number.isFinite(output[i])) return false;
  return true;
};

const tensorProblem = (
  side: 'input' | 'output',
  found: readonly Binding.ValueMetadata[],
  name: string,
  width: number,
): string | undefined => {
  const names = found.map((value) => `"${value.name}"`).join(', ');
  if (found.length !== 1) return `model.onnx must have one ${side} "${name}"; it has ${found.length}: ${names}`;
  const [value] = found;
  if (value.name !== name) return `the ${side} of model.onnx is called ${names}, but manifest.json says "${name}"`;
  if (!value.isTensor || value.type !== FLOAT32) return `the ${side} "${name}" of model.onnx is not a float32 tensor`;
  const shape = `[${value.shape.map((size, i) => (size < 0 ? value.symbolicDimensions[i] || '?' : size)).join(', ')}]`;
  if (value.shape.length !== 2 || value.shape[1] !== width) {
    return `the ${side} "${name}" of model.onnx has the shape ${shape}, but manifest.json names ${width} ${side === 'input' ? 'inputs' : 'columns'}: [N, ${width}] is needed`;
  }
  if (value.shape[0] >= 0) {
    return `the ${side} "${name}" of model.onnx has the fixed shape ${shape}; the number of rows must be free: [N, ${width}]`;
  }
  return undefined;
};
