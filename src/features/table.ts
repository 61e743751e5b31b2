import { hash64, hashBytes } from '../base/hash.ts';
import { HEADER, type RowView } from './row.ts';
import { SHARD_HEADER, type Shard } from './shard.ts';
import { SlotIndex } from './slot-index.ts';

const FINGERPRINT_SEED = 0x6265636b;
const UNKNOWN = -1;

/** The fingerprint of an id into `hash64`: rows carry it, the index is keyed by its upper half. */
export const fingerprint = (bytes: Uint8Array, start: number, end: number): void =>
  hashBytes(bytes, start, end, FINGERPRINT_SEED);

/**
 * The rows of one shard. One thread writes, any number reads:
 * ```
 *   writer                                reader
 *   version odd                           version even?  else again
 *   copy the private row                  use the words in place
 *   version even                          version and fingerprint as before?  else again
 * ```
 */
export class Table {
  readonly shard: Shard;
  readonly index: SlotIndex;

  constructor(shard: Shard) {
    this.shard = shard;
    this.index = new SlotIndex(shard);
  }

  /** Slot of an id whose {@link fingerprint} has just been taken, -1 where it is not known. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const key = this.index.findKey(hash64.hi, bytes, start, end);
    return key < 0 ? UNKNOWN : this.index.slotOf(key);
  }

  /**
   * Writer only: a fresh slot for an id whose {@link fingerprint} has just been taken. Readers find the row being
   * written until its first {@link publish}.
   */
  insert(bytes: Uint8Array, start: number, end: number): number {
    const { shard } = this;
    const { lo, hi } = hash64;
    const slot = shard.u32[SHARD_HEADER.slots];
    const base = this.baseOf(slot);
    shard.grow(base + shard.regions.rowWords);
    const { u32 } = shard;
    u32[base + HEADER.version] = 1;
    u32[base + HEADER.fingerprintLo] = lo;
    u32[base + HEADER.fingerprintHi] = hi;
    u32[base + HEADER.keyRef] = this.index.insert(hi, bytes, start, end, slot);
    u32[SHARD_HEADER.slots] = slot + 1;
    u32[SHARD_HEADER.customers]++;
    return slot;
  }

  /** Writer only: copies a row into a private one of the same length. */
  load(slot: number, into: Uint32Array): void {
    const { u32 } = this.shard;
    const base = this.baseOf(slot);
    for (let word = 0; word < into.length; word++) into[word] = u32[base + word];
  }

  /** Writer only: makes a private row the row that readers see. */
  publish(slot: number, from: Uint32Array): void {
    const { u32 } = this.shard;
    const base = this.baseOf(slot);
    const version = u32[base] | 1;
    Atomics.store(u32, base, version);
    from[HEADER.version] = version;
    u32.set(from, base);
    Atomics.store(u32, base, version + 1);
  }

  /** Moves the view to a row. @returns the row's version, odd while the writer is at it */
  begin(slot: number, view: RowView): number {
    const { shard } = this;
    const base = this.baseOf(slot);
    shard.reach(base + shard.regions.rowWords);
    view.u32 = shard.u32;
    view.f32 = shard.f32;
    view.base = base;
    return Atomics.load(shard.u32, base);
  }

  /** True where nothing was written since {@link begin} and the row is still that customer's. */
  isValid(view: RowView, version: number, fingerprintLo: number, fingerprintHi: number): boolean {
    const { u32, base } = view;
    return (
      u32[base + HEADER.fingerprintLo] === fingerprintLo &&
      u32[base + HEADER.fingerprintHi] === fingerprintHi &&
      Atomics.load(u32, base) === version &&
      (version & 1) === 0
    );
  }

  get slots(): number {
    return this.shard.u32[SHARD_HEADER.slots];
  }

  /** Whether `customers` more are sure to fit. */
  hasRoom(customers: number): boolean {
    return this.slots + customers <= this.shard.rowsMax && this.index.hasRoom(customers);
  }

  private baseOf(slot: number): number {
    return this.shard.regions.rows + slot * this.shard.regions.rowWords;
  }
}
