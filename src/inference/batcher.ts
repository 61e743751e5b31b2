import { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { runRows } from './run-rows.ts';
import type { HeadSession } from './session.ts';

/**
 * Told once for every row, in the order of {@link Batcher.add}.
 * @param tag what was given to `add`
 * @param error INTERNAL where the model failed on this row or gave a number that is not finite; then read no output.
 * @param output the outputs of the row are `output[offset]` to `output[offset + outputWidth - 1]`; they are overwritten
 * after the call returns.
 */
export type RowDone<T> = (tag: T, error: BeckonError | undefined, output: Float32Array, offset: number) => void;

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
    setImmediate(this.#turn);
  }

  /** Runs what was added now, for a caller who knows that nothing more comes in this turn; not what is added by those who are told. */
  flush(): void {
    for (let left = this.#full.length + Number(this.#open.rows > 0); left > 0; left--) this.#runNext();
  }

  get #hasRows(): boolean {
    return this.#full.length > 0 || this.#open.rows > 0;
  }

  readonly #turn = (): void => {
    this.#scheduled = false;
    if (this.#hasRows) this.#runNext();
    if (this.#hasRows) this.#schedule();
    else this.#closed?.resolve();
  };

  #runNext(): void {
    let chunk = this.#full.shift();
    if (chunk === undefined) {
      chunk = this.#open;
      this.#openNext();
    }
    this.#run(chunk);
    chunk.clear();
    if (this.#spare.length < SPARE_CHUNKS_MAX) this.#spare.push(chunk);
  }

  #run(chunk: Chunk): void {
    const { done, tags, errors, rows } = chunk;
    runRows(this.#session, chunk.input, rows, this.#output, errors);
    const width = this.#session.outputWidth;
    for (let row = 0; row < rows; row++)
      try {
        done[row]!(tags[row], errors[row], this.#output, row * width);
      } catch (thrown) {
        // A bug of one caller: it surfaces as an uncaught exception, but the other rows are told all the same.
        process.nextTick(rethrow, thrown);
      }
  }
}

class Chunk {
  readonly input: Float32Array;
  readonly done: (RowDone<unknown> | undefined)[] = new Array(LIMITS.scoreChunkRows).fill(undefined);
  readonly tags: unknown[] = new Array(LIMITS.scoreChunkRows).fill(undefined);
  readonly errors: (BeckonError | undefined)[] = new Array(LIMITS.scoreChunkRows).fill(undefined);
  rows = 0;

  constructor(inputWidth: number) {
    this.input = new Float32Array(LIMITS.scoreChunkRows * inputWidth);
  }

  /** Lets go of the requests, so that a spare buffer keeps none of them alive. */
  clear(): void {
    this.done.fill(undefined, 0, this.rows);
    this.tags.fill(undefined, 0, this.rows);
    this.errors.fill(undefined, 0, this.rows);
    this.rows = 0;
  }
}

const rethrow = (thrown: unknown): never => {
  throw thrown;
};
