import { channel } from 'node:diagnostics_channel';
import { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { type HeadSession, isFiniteRow } from './session.ts';

/**
 * Told once for every row, in the order of {@link Batcher.add}.
 * @param tag what was given to `add`
 * @param error INTERNAL where the model failed on this row or gave a number that is not finite; then read no output.
 * @param output the outputs of the row are `output[offset]` to `output[offset + outputWidth - 1]`; they are overwritten
 * after the call returns.
 */
export type RowDone<T> = (tag: T, error: BeckonError | undefined, output: Float32Array, offset: number) => void;

/** Message of the diagnostics channel `beckon:inference.run`: one for each ONNX run of a batcher. */
export interface InferenceRun {
  readonly head: string;
  readonly rows: number;
  /** Rows whose `RowDone` is told an error. */
  readonly failedRows: number;
  readonly durationMs: number;
}

const runs = channel('beckon:inference.run');

/** Buffers kept for the next burst: 16 × 64 rows cover 1,000 of one inference; what a larger burst took is given back. */
const SPARE_CHUNKS_MAX = 16;

/**
 * Gathers the rows of one turn of the event loop into one ONNX run.
 *
 *     turn n:  read sockets ── write row, add ── write row, add ── setImmediate: run, RowDone, RowDone
 *
 * Write all numbers of a row to `input` from `offset` on, then call {@link add}: until then nothing is taken, so a read
 * of features that throws leaves no trace. More rows than a chunk are run chunk by chunk, one a turn, in order.
 */
export class Batcher {
  /** Where the next row is to be written. Both change with every {@link add}; the buffer holds an older row's numbers. */
  input: Float32Array;
  offset = 0;
  readonly #session: HeadSession;
  readonly #output: Float32Array;
  #open: Chunk;
  #full: Chunk[] = [];
  #spare: Chunk[] = [];
  #scheduled = false;
  #closed: PromiseWithResolvers<void> | undefined;

  constructor(session: HeadSession) {
    this.#session = session;
    this.#output = new Float32Array(LIMITS.scoreChunkRows * session.outputWidth);
    this.#open = new Chunk(session.inputWidth);
    this.input = this.#open.input;
  }

  /**
   * Takes the row that was written at `input[offset]`.
   * @throws BeckonError SHUTTING_DOWN after {@link close}: take the head from the registry in the turn in which you add.
   */
  add<T>(done: RowDone<T>, tag: T): void {
    if (this.#closed !== undefined) {
      throw new BeckonError('SHUTTING_DOWN', `The model of head "${this.#session.head}" takes no more rows.`);
    }
    const chunk = this.#open;
    chunk.done[chunk.rows] = done as RowDone<unknown>;
    chunk.tags[chunk.rows++] = tag;
    this.offset += this.#session.inputWidth;
    if (chunk.rows === LIMITS.scoreChunkRows) {
      this.#full.push(chunk);
      this.#openNext();
    }
    this.#schedule();
  }

  /** Takes no more rows. @returns when every row that was taken has been told. */
  close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = Promise.withResolvers();
      if (!this.#scheduled) this.#closed.resolve();
    }
    return this.#closed.promise;
  }

  #openNext(): void {
    this.#open = this.#spare.pop() ?? new Chunk(this.#session.inputWidth);
    this.input = this.#open.input;
    this.offset = 0;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Neither a microtask nor nextTick: those run after each socket's callback and would gather batches of one.
    setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    let chunk = this.#full.shift();
    if (chunk === undefined) {
      chunk = this.#open;
      this.#openNext();
    }
    this.#run(chunk);
    chunk.clear();
    if (this.#spare.length < SPARE_CHUNKS_MAX) this.#spare.push(chunk);
    if (this.#full.length > 0 || this.#open.rows > 0) this.#schedule();
    else this.#closed?.resolve();
  };

  #run(chunk: Chunk): void {
    const observed = runs.hasSubscribers;
    const started = observed ? performance.now() : 0;
    let error: BeckonError | undefined;
    try {
      this.#session.run(chunk.input, chunk.rows, this.#output);
    } catch (thrown) {
      error = thrown as BeckonError;
    }
    const durationMs = observed ? performance.now() - started : 0;
    const failedRows = error === undefined ? this.#deliver(chunk) : this.#deliverOneByOne(chunk, error);
    if (observed) {
      runs.publish({ head: this.#session.head, rows: chunk.rows, failedRows, durationMs } satisfies InferenceRun);
    }
  }

  #deliver(chunk: Chunk): number {
    const width = this.#session.outputWidth;
    let failedRows = 0;
    for (let row = 0, offset = 0; row < chunk.rows; row++, offset += width) {
      const error = isFiniteRow(this.#output, offset, width) ? undefined : this.#notFinite();
      if (error !== undefined) failedRows++;
      this.#tell(chunk, row, error, offset);
    }
    return failedRows;
  }

  /** A run fails as a whole, but often one row is to blame: the others, which belong to other requests, are tried alone. */
  #deliverOneByOne(chunk: Chunk, error: BeckonError): number {
    if (chunk.rows === 1) {
      this.#tell(chunk, 0, error, 0);
      return 1;
    }
    let failedRows = 0;
    for (let row = 0; row < chunk.rows; row++) {
      let problem: BeckonError | undefined;
      try {
        this.#session.run(chunk.input.subarray(row * this.#session.inputWidth), 1, this.#output);
        if (!isFiniteRow(this.#output, 0, this.#session.outputWidth)) problem = this.#notFinite();
      } catch (thrown) {
        problem = thrown as BeckonError;
      }
      if (problem !== undefined) failedRows++;
      this.#tell(chunk, row, problem, 0);
    }
    return failedRows;
  }

  #tell(chunk: Chunk, row: number, error: BeckonError | undefined, offset: number): void {
    try {
      chunk.done[row]!(chunk.tags[row], error, this.#output, offset);
    } catch (thrown) {
      // A bug of one caller: it surfaces as an uncaught exception, but the other rows are told all the same.
      process.nextTick(rethrow, thrown);
    }
  }

  #notFinite(): BeckonError {
    return new BeckonError('INTERNAL', `The model of head "${this.#session.head}" gave a number that is not finite.`);
  }
}

class Chunk {
  readonly input: Float32Array;
  readonly done: (RowDone<unknown> | undefined)[] = new Array(LIMITS.scoreChunkRows).fill(undefined);
  readonly tags: unknown[] = new Array(LIMITS.scoreChunkRows).fill(undefined);
  rows = 0;

  constructor(inputWidth: number) {
    this.input = new Float32Array(LIMITS.scoreChunkRows * inputWidth);
  }

  /** Lets go of the requests, so that a spare buffer keeps none of them alive. */
  clear(): void {
    this.done.fill(undefined, 0, this.rows);
    this.tags.fill(undefined, 0, this.rows);
    this.rows = 0;
  }
}

const rethrow = (thrown: unknown): never => {
  throw thrown;
};
