import { Bench } from './bench.ts';
import type { Opened } from './children/scored-state.ts';
import { resultOf } from './result.ts';
import { restart } from './rows/restart.ts';
import { runRow } from './run-row.ts';
import type { Size } from './size.ts';

/** What a number of customers takes. */
export interface SizePoint {
  readonly customers: number;
  /** Bytes a customer: as the process has grown, as the service counts them, and 4 a word and 96 beside. */
  readonly residentBytes: number;
  readonly countedBytes: number;
  readonly allowedBytes: number;
  /** Seconds from start to ready with a checkpoint, and of an empty start and a read of the same files. */
  readonly restartSec: number;
  readonly restartCeilingSec: number;
}

const WORD_BYTES = 4;
const BYTES_BESIDE_WORDS = 96;
const EVENTS_PER_CUSTOMER = 3;
/** A pair is four starts of processes. */
const PAIRS_MAX = 3;

const memoryOf = async (bench: Bench, customers: number): Promise<Opened> => {
  const child = bench.measuredChild('scored-state.ts');
  const opened = await child.ask<Opened>('open', { customers, eventsPerCustomer: EVENTS_PER_CUSTOMER });
  await child.stop();
  return opened;
};

/** Memory and restart with so many customers. The rest of the size is that of the run. */
export const sizePoint = async (from: Bench, size: Size, customers: number): Promise<SizePoint> => {
  const { residentBytes, countedBytes, rowWords } = await memoryOf(from, customers);
  const pairs = Math.min(size.pairs, PAIRS_MAX);
  const bench = new Bench({ ...size, pairs, customers, orders: customers }, from.placement);
  try {
    const { productPerSec, ceilingPerSec } = resultOf(await runRow(bench, restart, () => {}));
    return {
      customers,
      residentBytes: residentBytes / customers,
      countedBytes: countedBytes / customers,
      allowedBytes: WORD_BYTES * rowWords + BYTES_BESIDE_WORDS,
      restartSec: 1 / productPerSec,
      restartCeilingSec: 1 / ceilingPerSec,
    };
  } finally {
    await bench.close();
  }
};
