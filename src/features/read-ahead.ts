import { hash64, shardOf } from '../base/hash.ts';
import { writeId } from './id-bytes.ts';
import { fingerprint, type Table } from './table.ts';

/** More rows would push each other out of the cache again. */
const CUSTOMERS_MAX = 256;

/**
 * Asks the memory for rows that are read soon: what the index says of an id is a way of three steps, each of which waits
 * for the one before, but the steps of many customers do not wait for each other. Nothing is decided here: whoever reads
 * a row finds it by himself.
 */
export class ReadAhead {
  private readonly tables: readonly Table[];
  private readonly shards = new Uint8Array(CUSTOMERS_MAX);
  private readonly places = new Float64Array(CUSTOMERS_MAX);
  /** Words that were read, so that reading them is not left out. */
  private touched = 0;

  constructor(tables: readonly Table[]) {
    this.tables = tables;
  }

  /**
   * @param id has room for an id
   * @param from position of the first customer, `to` that behind the last; of more than 256 the first ones
   */
  fetch(customerIds: readonly string[], from: number, to: number, id: Buffer): void {
    const { tables, shards, places } = this;
    const count = Math.min(to - from, CUSTOMERS_MAX);
    for (let i = 0; i < count; i++) {
      const length = writeId(customerIds[from + i], id);
      const shard = shardOf(id, 0, length, tables.length);
      fingerprint(id, 0, length);
      shards[i] = shard;
      places[i] = tables[shard].index.entryOf(hash64.hi);
    }
    for (let i = 0; i < count; i++) places[i] = tables[shards[i]].index.keyIn(places[i]);
    for (let i = 0; i < count; i++) if (places[i] >= 0) places[i] = tables[shards[i]].index.slotOf(places[i]);
    for (let i = 0; i < count; i++) if (places[i] >= 0) this.touched |= tables[shards[i]].touch(places[i]);
  }
}
