import { hash64, shardOf } from '../base/hash.ts';
import { type IdBytes, writeId } from './id-bytes.ts';
import { fingerprint, type Table } from './table.ts';

/** More rows would push each other out of the cache again. */
const CUSTOMERS_MAX = 256;
/** Most people have fewer. */
const ALIASES_MAX = 4;
const NONE: readonly never[] = [];

/**
 * Asks the memory for rows that are read soon: what the index says of an id is a way of three steps, each of which waits
 * for the one before, but the steps of many customers do not wait for each other. Nothing is decided here: whoever reads
 * a row next makes sure that it is the customer's.
 */
export class ReadAhead {
  private readonly tables: readonly Table[];
  /** Of the customer that {@link isNext} has told: where the row may be, and the fingerprint of the id. */
  shard = 0;
  slot = -1;
  fingerprintLo = 0;
  fingerprintHi = 0;
  private readonly shards = new Uint8Array(CUSTOMERS_MAX);
  private readonly slots = new Int32Array(CUSTOMERS_MAX);
  private readonly los = new Uint32Array(CUSTOMERS_MAX);
  private readonly his = new Uint32Array(CUSTOMERS_MAX);
  /** Of index entries, then keys. */
  private readonly places = new Float64Array(CUSTOMERS_MAX);
  private readonly aliasShards = new Uint8Array(CUSTOMERS_MAX);
  private customerIds: readonly string[] = NONE;
  private ids: IdBytes | undefined;
  private from = 0;
  private to = 0;
  /** Place in the arrays of the customer who is to be read next. */
  private next = 0;
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
    const count = this.begin(customerIds, undefined, from, to);
    for (let i = 0; i < count; i++) this.enter(i, id, 0, writeId(customerIds[from + i], id));
    this.follow(count);
  }

  /** Asks for the first aliases of those that were fetched, too. */
  fetchAliases(): void {
    const { tables, slots, places, aliasShards } = this;
    const count = this.to - this.from;
    for (let i = 0; i < count; i++) {
      aliasShards[i] = this.shards[i];
      if (slots[i] < 0) places[i] = -1;
    }
    for (let step = 0; step < ALIASES_MAX; step++)
      for (let i = 0; i < count; i++) {
        if (places[i] < 0) continue;
        const { index } = tables[aliasShards[i]];
        const shard = index.nextAliasShard(places[i]);
        places[i] = shard < 0 ? -1 : index.nextAliasKey(places[i]);
        aliasShards[i] = shard;
      }
  }

  /** The same for ids that are bytes. */
  fetchBytes(ids: IdBytes, from: number, to: number): void {
    const { bytes, bounds } = ids;
    const count = this.begin(NONE, ids, from, to);
    for (let i = 0; i < count; i++) this.enter(i, bytes, bounds[2 * (from + i)], bounds[2 * (from + i) + 1]);
    this.follow(count);
  }

  private begin(customerIds: readonly string[], ids: IdBytes | undefined, from: number, to: number): number {
    const count = Math.min(to - from, CUSTOMERS_MAX);
    this.customerIds = customerIds;
    this.ids = ids;
    this.from = from;
    this.to = from + count;
    this.next = 0;
    return count;
  }

  private enter(i: number, id: Buffer, start: number, end: number): void {
    const { tables } = this;
    const shard = shardOf(id, start, end, tables.length);
    fingerprint(id, start, end);
    this.shards[i] = shard;
    this.los[i] = hash64.lo;
    this.his[i] = hash64.hi;
    this.places[i] = tables[shard].index.entryOf(hash64.hi);
  }

  private follow(count: number): void {
    const { tables, shards, slots, places } = this;
    for (let i = 0; i < count; i++) places[i] = tables[shards[i]].index.keyIn(places[i]);
    for (let i = 0; i < count; i++) slots[i] = places[i] < 0 ? -1 : tables[shards[i]].index.slotOf(places[i]);
    for (let i = 0; i < count; i++) if (slots[i] >= 0) this.touched |= tables[shards[i]].touch(slots[i]);
  }

  /** Whether this is the next of those that were fetched, and may have a row: then the fields above speak of it. */
  isNext(customerId: string): boolean {
    const { next, from } = this;
    if (from + next >= this.to || this.customerIds[from + next] !== customerId) return false;
    return this.take();
  }

  /** The same for the id at a position of those that were fetched as bytes. */
  isNextAt(ids: IdBytes, position: number): boolean {
    if (this.ids !== ids || this.from + this.next !== position || position >= this.to) return false;
    return this.take();
  }

  private take(): boolean {
    const next = this.next++;
    this.shard = this.shards[next];
    this.slot = this.slots[next];
    this.fingerprintLo = this.los[next];
    this.fingerprintHi = this.his[next];
    return this.slot >= 0;
  }
}
