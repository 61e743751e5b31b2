import { hash64, shardOf } from '../base/hash.ts';
import type { ColdCustomer, ColdStore } from './cold-store.ts';
import { HEADER, RowView } from './row.ts';
import { SHARD_HEADER } from './shard.ts';
import type { KeyPlace } from './slot-index.ts';
import { fingerprint, type Table } from './table.ts';

/** Rows that go in one transaction: some milliseconds, so that events behind it hardly wait. */
const BATCH_ROWS_MAX = 256;
/** The share of a shard's rows that one sweep finds, and one batch takes at most. */
const SWEEP_SHARE = 1 / 16;
const SAMPLES_MAX = 1024;

/** Rows of a shard that were the least recently changed when it was swept, oldest first. */
interface Victims {
  readonly slots: readonly number[];
  readonly offsets: readonly number[];
  next: number;
}

/**
 * Keeps the rows of every shard within their bound: writer only. Whoever was changed least recently goes to the store;
 * only an event brings a customer back. A customer is in memory or in the store with all ids, never in parts.
 *
 * What was changed last is the row's log offset, so events pay nothing for the order. A sweep reads all offsets of a shard
 * and keeps the oldest sixteenth in order; a row of these that has changed since is passed over, and every other row is
 * younger than all of them: the order is exact, and a row that goes costs some sixteen looks.
 *
 * ```
 *   going                                 coming back
 *   row and ids into the store, commit    out of the store, not committed
 *   row freed                             row and ids into the index, stamps change
 *   ids out of the index, stamps change   commit
 * ```
 * So there is no moment at which a reader that looks first here and then there finds nobody, unless a stamp changes: then
 * it looks once more.
 */
export class Residency {
  private readonly tables: readonly Table[];
  private readonly store: ColdStore;
  private readonly residentsMax: number;
  private readonly batchRows: number;
  private readonly victims: Victims[];
  private readonly row: RowView;
  private isWide = false;

  /** @param tables with a bound */
  constructor(tables: readonly Table[], store: ColdStore) {
    this.tables = tables;
    this.store = store;
    this.residentsMax = tables[0].shard.u32[SHARD_HEADER.residentsMax];
    this.batchRows = Math.ceil(Math.min(BATCH_ROWS_MAX, this.residentsMax * SWEEP_SHARE));
    this.row = RowView.ofWords(tables[0].shard.regions.rowWords);
    this.victims = tables.map(() => ({ slots: [], offsets: [], next: 0 }));
  }

  /** Brings the customer of an id back, own or alias. @returns false where the store has none */
  load(id: Uint8Array): boolean {
    const customer = this.store.take(id);
    if (customer === undefined) return false;
    const { u32 } = customer.row;
    const shard = this.shardOf(customer.id);
    const table = this.tables[shard];
    fingerprint(customer.id, 0, customer.id.length);
    const slot = table.insert(customer.id, 0, customer.id.length);
    const key = table.keyOf(slot);
    u32[HEADER.keyRef] = key;
    let last: KeyPlace = { shard, key };
    for (const alias of customer.aliases) {
      const place = { shard: this.shardOf(alias), key: 0 };
      const { index } = this.tables[place.shard];
      fingerprint(alias, 0, alias.length);
      place.key = index.insert(hash64.hi, alias, 0, alias.length);
      index.pointToKey(place.key, { shard, key });
      this.tables[last.shard].index.setNextAlias(last.key, place);
      last = place;
    }
    // Readers have met a row in the making until now, and meet the customer with all aliases.
    table.publish(slot, u32);
    table.shard.u32[SHARD_HEADER.coldCustomers]--;
    this.widen();
    return true;
  }

  /** The event at hand may have brought a row to another shard than its customer's. */
  widen(): void {
    this.isWide = true;
  }

  /** Before an id is taken from the index for good: what the store still says of it ends first. */
  commit(): void {
    this.store.commit();
  }

  /** After each event. @param table of its customer */
  keepBound(table: Table): void {
    if (this.isWide) {
      this.isWide = false;
      for (const each of this.tables) if (each.shard.residents > this.residentsMax) this.evict(each);
    } else if (table.shard.residents > this.residentsMax) this.evict(table);
  }

  private evict(table: Table): void {
    const { shard } = table;
    for (let rows = shard.residents - this.residentsMax - 1 + this.batchRows; rows > 0; ) {
      const slots = this.nextVictims(table, rows);
      for (const slot of slots) this.store.put(this.customerAt(table, slot));
      this.store.commit();
      for (const slot of slots) this.forget(table, slot);
      shard.u32[SHARD_HEADER.coldCustomers] += slots.length;
      shard.u32[SHARD_HEADER.evictions] += slots.length;
      rows -= slots.length;
    }
  }

  private forget(table: Table, slot: number): void {
    let at: KeyPlace | undefined = { shard: table.shard.number, key: table.keyOf(slot) };
    // First, so that no reader takes ids that are being cleared for the customer's.
    table.free(slot);
    while (at !== undefined) {
      const index: Table['index'] = this.tables[at.shard].index;
      const next: KeyPlace | undefined = index.nextAlias(at.key);
      const id = index.bytesOf(at.key);
      fingerprint(id, 0, id.length);
      index.remove(hash64.hi, at.key);
      at = next;
    }
  }

  /** Its row is the same object each time. */
  private customerAt(table: Table, slot: number): ColdCustomer {
    const { row } = this;
    table.load(slot, row.u32);
    const key = row.u32[HEADER.keyRef];
    row.u32[HEADER.version] = 0;
    row.u32[HEADER.keyRef] = 0;
    const aliases: Uint8Array[] = [];
    for (let at = table.index.nextAlias(key); at !== undefined; ) {
      const { index } = this.tables[at.shard];
      aliases.push(index.bytesOf(at.key));
      at = index.nextAlias(at.key);
    }
    return { id: table.index.bytesOf(key), aliases, row };
  }

  /** At least one, and at most `rows`: what is left of a sweep is used up before the next. */
  private nextVictims(table: Table, rows: number): number[] {
    const { number } = table.shard;
    const found: number[] = [];
    while (found.length === 0) {
      const victims = this.victims[number];
      for (; victims.next < victims.slots.length && found.length < rows; victims.next++) {
        const slot = victims.slots[victims.next];
        if (this.offsetOf(table, slot) === victims.offsets[victims.next]) found.push(slot);
      }
      if (found.length === 0) this.victims[number] = this.sweep(table);
    }
    return found;
  }

  /** Some sixteenth of the rows, the oldest: how many follows from a sample, which does not show in their order. */
  private sweep(table: Table): Victims {
    const step = Math.max(1, Math.floor(table.slots / SAMPLES_MAX));
    const sample: number[] = [];
    for (let slot = 0; slot < table.slots; slot += step) {
      const offset = this.offsetOf(table, slot);
      if (offset >= 0) sample.push(offset);
    }
    sample.sort((a, b) => a - b);
    const limit = sample[Math.floor(sample.length * SWEEP_SHARE)] ?? Number.POSITIVE_INFINITY;
    const slots: number[] = [];
    for (let slot = 0; slot < table.slots; slot++) {
      const offset = this.offsetOf(table, slot);
      if (offset >= 0 && offset <= limit) slots.push(slot);
    }
    slots.sort((a, b) => this.offsetOf(table, a) - this.offsetOf(table, b));
    return { slots, offsets: slots.map((slot) => this.offsetOf(table, slot)), next: 0 };
  }

  /** Log offset of the last event of a row; -1 for a free one. */
  private offsetOf(table: Table, slot: number): number {
    return table.keyOf(slot) < 0 ? -1 : table.offsetOf(slot);
  }

  private shardOf(id: Uint8Array): number {
    return shardOf(id, 0, id.length, this.tables.length);
  }
}
