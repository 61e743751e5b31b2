import type { ScoreColumn, ScoreColumns } from '../../src/serving/grpc/generated/beckon/v1/scoring.ts';

/** Customers of a batch. */
export const BATCH_CUSTOMERS = 1000;

const FLOAT_BYTES = 4;

/** Numbers of a column of 32-bit floats. */
export const floatsOf = ({ values }: ScoreColumn): Float32Array => {
  const bytes = values?.$case === 'f32' ? values.value : new Uint8Array(0);
  return new Float32Array(Uint8Array.from(bytes).buffer);
};

/**
 * What is wrong with the columns of customers who are all known.
 * @param isThorough every number is looked at, and must be a probability; else only how many there are
 */
export const columnsProblem = (
  columns: ScoreColumns | undefined,
  rows: number,
  isThorough: boolean,
): string | undefined => {
  if (columns?.rows !== rows || columns.columns.length === 0) return `no columns of ${rows} customers`;
  for (const { name, values } of columns.columns)
    if (values?.value.length !== rows * FLOAT_BYTES) return `${name} has not ${rows} numbers`;
  if (!isThorough) return undefined;
  for (let row = 0; row < rows; row++)
    if (((columns.known[row >> 3] >> (row & 7)) & 1) === 0) return `customer ${row} is loaded, and answered as unknown`;
  const wrong = columns.columns.find((column) => !floatsOf(column).every((score) => score >= 0 && score <= 1));
  return wrong === undefined ? undefined : `a score of ${wrong.name} is no probability`;
};
