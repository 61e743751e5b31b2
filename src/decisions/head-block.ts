import type { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { LiveHead } from '../inference/registry.ts';
import { runRows } from '../inference/run-rows.ts';
import type { ScoreRequest } from './decision.ts';
import type { HeadInputs, RowWriter } from './head-inputs.ts';

/** Rows of one model that are scored at once, and whose outputs become columns: up to `scoreChunkRows`. */
export class HeadBlock {
  private readonly live: LiveHead;
  private readonly write: RowWriter;
  /** Of the outputs, among the columns; -1 for one that is none. */
  private readonly places: Int32Array;
  private readonly input: Float32Array;
  private readonly output: Float32Array;
  private readonly errors: (BeckonError | undefined)[];

  constructor(live: LiveHead, inputs: HeadInputs, places: Int32Array) {
    const { session } = live;
    const rows = LIMITS.scoreChunkRows;
    this.live = live;
    this.write = inputs.writerOf(live);
    this.places = places;
    this.input = new Float32Array(rows * session.inputWidth);
    this.output = new Float32Array(rows * session.outputWidth);
    this.errors = new Array(rows).fill(undefined);
  }

  /** Makes a customer's features a row. */
  set(row: number, values: Float64Array, context: ScoreRequest['context']): void {
    this.write(values, context, this.input, row * this.live.session.inputWidth);
  }

  /**
   * Scores the first rows.
   * @param values of the columns, one after another; those of rows on which the model fails stay as they are
   * @param length of a column
   * @param rows where in each column the rows belong
   */
  score(count: number, values: Float32Array, length: number, rows: Int32Array): void {
    const { output, errors, places } = this;
    const { session } = this.live;
    const failedRows = runRows(session, this.input, count, output, errors);
    const width = session.outputWidth;
    for (let i = 0; i < width; i++) {
      if (places[i] < 0) continue;
      const column = places[i] * length;
      if (failedRows === 0) for (let row = 0; row < count; row++) values[column + rows[row]] = output[row * width + i];
      else
        for (let row = 0; row < count; row++)
          if (errors[row] === undefined) values[column + rows[row]] = output[row * width + i];
    }
    if (failedRows > 0) errors.fill(undefined);
  }
}
