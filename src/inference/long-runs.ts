import { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { allFinite } from './all-finite.ts';
import { type InferenceRun, notFinite, runs } from './run-rows.ts';
import type { HeadSession } from './session.ts';

/**
 * What all long runs of a model together may take of one turn of the loop: whatever else waits, waits for no more than
 * this and one chunk.
 */
const TURN_MS_MAX = 0.5;

/** Told once. @param error INTERNAL where the model failed or gave a number that is not finite; then read no output. */
export type RunDone = (error: BeckonError | undefined) => void;

interface Job {
  /** The rows that are left. */
  input: Float32Array;
  rows: number;
  /** Where their answers go. */
  output: Float32Array;
  readonly done: RunDone;
}

/**
 * Runs of many rows for one asker, who wants all of them or none: nothing is kept or told for each row. Rows of several
 * askers, which are better run together, are for the batcher.
 */
export class LongRuns {
  readonly #session: HeadSession;
  /** The first has begun. */
  readonly #waiting: Job[] = [];
  #spentMs = 0;
  #scheduled = false;
  #closed: PromiseWithResolvers<void> | undefined;

  constructor(session: HeadSession) {
    this.#session = session;
  }

  /**
   * Scores rows: at once as far as the time of this turn of the loop lasts, and the rest in later turns.
   * @param input `rows * inputWidth` numbers, not read once the call has returned
   * @param output takes `rows * outputWidth` numbers
   * @param done told of the end, often before the call returns
   * @throws BeckonError SHUTTING_DOWN after {@link close}
   */
  run(input: Float32Array, rows: number, output: Float32Array, done: RunDone): void {
    if (this.#closed !== undefined)
      throw new BeckonError('SHUTTING_DOWN', `The model of head "${this.#session.head}" takes no more rows.`);
    const job: Job = { input, rows, output, done };
    this.#schedule();
    if (this.#waiting.length === 0 && this.#advance(job)) return;
    job.input = job.input.slice(0, job.rows * this.#session.inputWidth);
    this.#waiting.push(job);
  }

  /** Takes no more runs. @returns when those that were taken have ended. */
  close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = Promise.withResolvers();
      if (this.#waiting.length === 0) this.#closed.resolve();
    }
    return this.#closed.promise;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#nextTurn);
  }

  readonly #nextTurn = (): void => {
    this.#scheduled = false;
    this.#spentMs = 0;
    while (this.#waiting.length > 0 && this.#advance(this.#waiting[0])) this.#waiting.shift();
    if (this.#spentMs > 0) this.#schedule();
    if (this.#waiting.length === 0) this.#closed?.resolve();
  };

  /** @returns whether the job has ended, and was told so */
  #advance(job: Job): boolean {
    const { inputWidth, outputWidth } = this.#session;
    let before = performance.now();
    const [asked, spentMs] = [job.rows, this.#spentMs];
    let error: BeckonError | undefined;
    while (job.rows > 0 && error === undefined && this.#spentMs < TURN_MS_MAX) {
      const rows = Math.min(job.rows, LIMITS.scoreChunkRows);
      error = this.#runChunk(job.input, rows, job.output);
      job.rows -= rows;
      job.input = job.input.subarray(rows * inputWidth);
      job.output = job.output.subarray(rows * outputWidth);
      const now = performance.now();
      this.#spentMs += now - before;
      before = now;
    }
    const rows = asked - job.rows;
    if (rows > 0 && runs.hasSubscribers) {
      const [failedRows, durationMs] = [error === undefined ? 0 : rows, this.#spentMs - spentMs];
      runs.publish({ head: this.#session.head, rows, failedRows, durationMs } satisfies InferenceRun);
    }
    if (job.rows > 0 && error === undefined) return false;
    this.#tell(job, error);
    return true;
  }

  #runChunk(input: Float32Array, rows: number, output: Float32Array): BeckonError | undefined {
    try {
      this.#session.run(input, rows, output);
    } catch (thrown) {
      return thrown as BeckonError;
    }
    const areFinite = allFinite(output.subarray(0, rows * this.#session.outputWidth));
    return areFinite ? undefined : notFinite(this.#session);
  }

  #tell({ done }: Job, error: BeckonError | undefined): void {
    try {
      done(error);
    } catch (thrown) {
      // A bug of one caller: it surfaces as an uncaught exception, but the others are told all the same.
      process.nextTick(() => {
        throw thrown;
      });
    }
  }
}
