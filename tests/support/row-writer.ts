import { parentPort, workerData } from 'node:worker_threads';
import { Applier } from '../../src/features/apply.ts';
import { Shard, shardRegions } from '../../src/features/shard.ts';
import { Table } from '../../src/features/table.ts';
import { packOf, typeCodeOf } from './feature-state.ts';

/**
 * A thread that writes rows for a test to read. `hot`: rewrites the first 64 rows at full speed until told to stop, every
 * word of a row the same number. `grow`: gives `customers` new customers an order each, as fast as it can.
 */
export interface RowWriterJob {
  readonly job: 'hot' | 'grow';
  readonly folder: string;
  readonly memory: WebAssembly.Memory;
  /** Word 0: told to stop. Word 1: customers whose event has been applied. */
  readonly signals: SharedArrayBuffer;
  readonly customers: number;
}

export const HOT_ROWS = 64;

/** Ids of different lengths, so that keys stand at odd places. */
export const customerId = (number: number): string => `customer-${number}-${'x'.repeat(number % 7)}`;

const hot = (table: Table, signals: Int32Array, rowWords: number, firstWord: number): void => {
  const rows = Array.from({ length: HOT_ROWS }, (_, slot) => {
    const row = new Uint32Array(rowWords);
    table.load(slot, row);
    return row;
  });
  for (let pattern = 1; Atomics.load(signals, 0) === 0; pattern++) {
    const row = rows[pattern % HOT_ROWS];
    row.fill(pattern, firstWord);
    table.publish(pattern % HOT_ROWS, row);
  }
};

const grow = (applier: Applier, signals: Int32Array, customers: number): void => {
  const type = typeCodeOf('order.placed');
  for (let number = 0; number < customers; number++) {
    const id = Buffer.from(customerId(number));
    applier.apply(id, 0, id.length, type, 1.7e12, number, { orderId: 'o', amount: number }, number);
    Atomics.store(signals, 1, number + 1);
  }
};

if (parentPort !== null) {
  const { job, folder, memory, signals, customers } = workerData as RowWriterJob;
  const { plan } = packOf(folder);
  const table = new Table(new Shard(0, memory, plan, shardRegions(plan, 0)));
  const words = new Int32Array(signals);
  if (job === 'hot') hot(table, words, plan.rowWords, plan.cells[0].offset);
  else grow(new Applier(plan, [table]), words, customers);
}
