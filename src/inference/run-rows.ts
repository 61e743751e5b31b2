import { channel } from 'node:diagnostics_channel';
import { BeckonError } from '../base/errors.ts';
import { type HeadSession, isFiniteRow } from './session.ts';

/** Message of the diagnostics channel `beckon:inference.run`: one for each run of a model. */
export interface InferenceRun {
  readonly head: string;
  readonly rows: number;
  /** Rows that have an error. */
  readonly failedRows: number;
  readonly durationMs: number;
}

/** Where runs are told of, for whoever has subscribed. */
export const runs = channel('beckon:inference.run');

/**
 * Runs a model once.
 * @param input `rows * inputWidth` numbers or more
 * @param output takes `rows * outputWidth` numbers
 * @param errors receives INTERNAL for each row on which the model failed, or for which it gave a number that is not finite: then
 * its outputs mean nothing; has undefined for each before
 * @returns how many
 */
export const runRows = (
  session: HeadSession,
  input: Float32Array,
  rows: number,
  output: Float32Array,
  errors: (BeckonError | undefined)[],
): number => {
  const observed = runs.hasSubscribers;
  const started = observed ? performance.now() : 0;
  let error: BeckonError | undefined;
  try {
    session.run(input, rows, output);
  } catch (thrown) {
    error = thrown as BeckonError;
  }
  const durationMs = observed ? performance.now() - started : 0;
  if (error !== undefined) runOneByOne(session, input, rows, output, error, errors);
  const { outputWidth } = session;
  let failedRows = 0;
  for (let row = 0; row < rows; row++) {
    if (errors[row] === undefined && !isFiniteRow(output, row * outputWidth, outputWidth))
      errors[row] = notFinite(session);
    if (errors[row] !== undefined) failedRows++;
  }
  if (observed) runs.publish({ head: session.head, rows, failedRows, durationMs } satisfies InferenceRun);
  return failedRows;
};

/** A run fails as a whole, but often one row is to blame: the others, which belong to other requests, are tried alone. */
const runOneByOne = (
  session: HeadSession,
  input: Float32Array,
  rows: number,
  output: Float32Array,
  error: BeckonError,
  errors: (BeckonError | undefined)[],
): void => {
  const { inputWidth, outputWidth } = session;
  if (rows === 1) errors[0] = error;
  else
    for (let row = 0; row < rows; row++)
      try {
        session.run(input.subarray(row * inputWidth), 1, output.subarray(row * outputWidth));
      } catch (thrown) {
        errors[row] = thrown as BeckonError;
      }
};

export const notFinite = ({ head }: HeadSession): BeckonError =>
  new BeckonError('INTERNAL', `The model of head "${head}" gave a number that is not finite.`);
