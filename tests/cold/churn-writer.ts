import { parentPort, workerData } from 'node:worker_threads';
import { Applier } from '../../src/features/apply.ts';
import { Residency } from '../../src/features/residency.ts';
import { Shard, shardRegions } from '../../src/features/shard.ts';
import { Table } from '../../src/features/table.ts';
import { ColdDatabase } from '../../src/state/cold-database.ts';
import { packOf, typeCodeOf } from '../support/feature-state.ts';

/** A thread that gives customers orders at random, many more than have room, so that rows come and go all the time. */
export interface ChurnJob {
  readonly folder: string;
  /** One a shard, with a bound. */
  readonly memories: readonly WebAssembly.Memory[];
  readonly path: string;
  /** Word 0: told to stop. From word 1 on: orders that each has, at least. */
  readonly signals: SharedArrayBuffer;
  readonly customers: number;
}

export const churnId = (number: number): string => `customer-${number}`;
/** Of other lengths than the own ids, and of equal ones among them. */
export const churnAlias = (number: number): string => `phone:${number}${'0'.repeat(number % 3)}`;

if (parentPort !== null) {
  const { folder, memories, path, signals, customers } = workerData as ChurnJob;
  const { plan } = packOf(folder);
  const regions = shardRegions(plan, 0);
  const tables = memories.map((memory, number) => new Table(new Shard(number, memory, plan, regions)));
  const cold = new ColdDatabase(path, plan.rowWords);
  const applier = new Applier(plan, tables, undefined, new Residency(tables, cold));
  const words = new Int32Array(signals);
  const ordered = typeCodeOf('order.placed');
  const linked = typeCodeOf('identity.linked');
  let offset = 0;
  const apply = (id: string, type: number, data: Record<string, unknown>): void => {
    const bytes = Buffer.from(id);
    applier.apply(bytes, 0, bytes.length, type, 1.7e12, offset, data, offset++);
  };
  parentPort.postMessage('made');
  for (let number = 0; number < customers; number++) {
    apply(churnId(number), linked, { alias: churnAlias(number) });
    apply(churnAlias(number), ordered, { orderId: 'o', amount: number });
    Atomics.store(words, 1 + number, 1);
  }
  for (let random = 1; Atomics.load(words, 0) === 0; ) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    // Some come again and again and stay, others only now and then.
    const number = (random >>> 8) % (random % 4 === 0 ? customers : customers >>> 3);
    apply(random % 3 === 0 ? churnAlias(number) : churnId(number), ordered, { orderId: 'o', amount: number });
    Atomics.add(words, 1 + number, 1);
  }
  cold.close();
}
