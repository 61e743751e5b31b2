import type { Bench } from './bench.ts';
import type { OpenRow, Row } from './row.ts';
import type { Sample } from './sample.ts';

/** A row with its runs, in the order in which they were made: ceiling, product, ceiling, product… */
export interface RowRuns {
  readonly row: Row;
  readonly notes: readonly string[];
  readonly ceilings: readonly Sample[];
  readonly products: readonly Sample[];
}

/** Warms both sides up, then runs them in turns, so that a disturbance of the machine meets both. */
export const runRow = async (bench: Bench, row: Row, onProgress: (done: number) => void): Promise<RowRuns> => {
  const { pairs, sampleMs, warmUpMs } = bench.size;
  const open: OpenRow = await row.open(bench);
  const ceilings: Sample[] = [];
  const products: Sample[] = [];
  try {
    if (!open.isCeilingCold) await open.ceiling(warmUpMs);
    if (!open.isProductCold) refuseWrong(row, await open.product(warmUpMs));
    for (let pair = 0; pair < pairs; pair++) {
      ceilings.push(await open.ceiling(sampleMs));
      products.push(await open.product(sampleMs));
      onProgress(pair + 1);
    }
  } finally {
    await open.close();
  }
  for (const sample of [...ceilings, ...products]) refuseWrong(row, sample);
  return { row, notes: open.notes, ceilings, products };
};

/** Speed of wrong answers means nothing, and neither does a side that did not get to work. */
const refuseWrong = (row: Row, { work, wrong, wrongCount }: Sample): void => {
  if (wrongCount > 0) throw new Error(`${row.name}: ${wrongCount} wrong answers: ${wrong.join('; ')}`);
  if (work === 0)
    throw new Error(`${row.name}: one side did nothing in a whole run: the machine is busy, or --seconds too few`);
};
