import { hash64, hashBytes } from '../base/hash.ts';
import type { Spans } from './plan.ts';
import { HEADER, HEADER_WORDS, LINE_WORDS, type RowView } from './row.ts';
import { SHARD_HEADER, type Shard } from './shard.ts';
import { SlotIndex } from './slot-index.ts';

const TWO_32 = 2 ** 32;
const FINGERPRINT_SEED = 0x6265636b;

/** The fingerprint of an id into `hash64`: rows carry it, the index is keyed by its upper half. */
export const fingerprint = (bytes: Uint8Array, start: number, end: number): void =>
  hashBytes(bytes, start, end, FINGERPRINT_SEED);

/**
 * The rows of one shard. One thread writes, any number reads:
 * ```
 *   writer                                reader
 *   version odd                           version even?  else again
 *   change the words in place             use the words in place
 *   version even                          version and fingerprint as before?  else again
 * ```
 */
export class Table {
  readonly shard: Shard;
  readonly index: SlotIndex;
  private readonly whole: Spans;
  /** Whether the last slot that was taken has never been anybody's. */
  private isFresh = false;

  constructor(shard: Shard) {
    this.shard = shard;
    this.index = new SlotIndex(shard);
    this.whole = [0, shard.regions.rowWords];
  }

  /** Slot of a customer's own id whose {@link fingerprint} has just been taken, -1 where there is none. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const key = this.index.findKey(hash64.hi, bytes, start, end);
    return key < 0 ? key : this.index.slotOf(key);
  }

  /**
   * Writer only: a row for an id whose {@link fingerprint} has just been taken. Readers find the row being written until its
   * first {@link publish}.
   * @param key of the id where it has one that means nobody; else it gets one
   * @returns the row's slot
   */
  insert(bytes: Uint8Array, start: number, end: number, key?: number): number {
    const { shard, index } = this;
    const { lo, hi } = hash64;
    const slot = this.takeSlot();
    const base = this.baseOf(slot);
    const { u32 } = shard;
    shard.willWrite(base, HEADER_WORDS);
    // Of a row that nobody has had nothing is read first: that would cost the kernel two faults instead of one.
    u32[base + HEADER.version] = this.isFresh ? 1 : u32[base + HEADER.version] | 1;
    u32[base + HEADER.fingerprintLo] = lo;
    u32[base + HEADER.fingerprintHi] = hi;
    if (key !== undefined) index.pointToSlot(key, slot);
    u32[base + HEADER.keyRef] = key ?? index.insert(hi, bytes, start, end, slot);
    u32[SHARD_HEADER.customers]++;
    return slot;
  }

  /** Writer only: empties a row, whose customer is not here any more, and keeps its slot for the next. */
  free(slot: number): void {
    const { u32, regions } = this.shard;
    const base = this.baseOf(slot);
    this.shard.willWrite(base, regions.rowWords);
    Atomics.store(u32, base, u32[base] | 1);
    u32.fill(0, base + 1, base + regions.rowWords);
    u32[base + HEADER.keyRef] = u32[SHARD_HEADER.freeSlot];
    u32[SHARD_HEADER.freeSlot] = slot + 1;
    u32[SHARD_HEADER.customers]--;
    Atomics.store(u32, base, u32[base] + 1);
  }

  /** The key of a row's customer where that has this id as its own; else -1. */
  keyIfOf(slot: number, bytes: Uint8Array, start: number, end: number): number {
    const key = this.keyOf(slot);
    return key >= 0 && this.index.equals(key, bytes, start, end) ? key : -1;
  }

  private takeSlot(): number {
    const { shard } = this;
    const free = shard.u32[SHARD_HEADER.freeSlot];
    this.isFresh = free === 0;
    if (free !== 0) {
      shard.u32[SHARD_HEADER.freeSlot] = shard.u32[this.baseOf(free - 1) + HEADER.keyRef];
      return free - 1;
    }
    const slot = shard.u32[SHARD_HEADER.slots];
    shard.grow(this.baseOf(slot) + shard.regions.rowStride);
    shard.u32[SHARD_HEADER.slots] = slot + 1;
    return slot;
  }

  /** Writer only: copies a row, or stretches of it, into a private one of the same length. */
  load(slot: number, into: Uint32Array, spans: Spans = this.whole): void {
    const { u32 } = this.shard;
    const base = this.baseOf(slot);
    for (let i = 0; i < spans.length; i += 2) {
      const end = spans[i + 1];
      for (let word = spans[i]; word < end; word++) into[word] = u32[base + word];
    }
  }

  /** Writer only: makes a private row, or the stretches of it that were loaded, the row that readers see. */
  publish(slot: number, from: Uint32Array, spans: Spans = this.whole): void {
    const { u32 } = this.shard;
    const base = this.baseOf(slot);
    this.shard.willWrite(base, this.shard.regions.rowWords);
    const version = u32[base] | 1;
    Atomics.store(u32, base, version);
    from[HEADER.version] = version;
    for (let i = 0; i < spans.length; i += 2) {
      const end = spans[i + 1];
      for (let word = spans[i]; word < end; word++) u32[base + word] = from[word];
    }
    Atomics.store(u32, base, version + 1);
  }

  /** Writer only: moves the view to a row that is about to change. Readers wait until {@link close}. */
  open(slot: number, view: RowView): void {
    const { shard } = this;
    const { u32 } = shard;
    const base = this.baseOf(slot);
    shard.willWrite(base, shard.regions.rowWords);
    view.u32 = u32;
    view.f32 = shard.f32;
    view.base = base;
    Atomics.store(u32, base, u32[base] | 1);
  }

  /** Writer only: readers see what has changed since {@link open}. */
  close({ u32, base }: RowView): void {
    Atomics.store(u32, base, u32[base] + 1);
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

  /** Reads a word of each line of the cache that a row has. @returns something of them, which means nothing */
  touch(slot: number): number {
    const { u32, regions } = this.shard;
    const base = this.baseOf(slot);
    let touched = 0;
    for (let at = base; at < base + regions.rowWords; at += LINE_WORDS) touched |= u32[at];
    return touched;
  }

  /** As {@link touch}, of some lines. @param lines a word of each, from the row's base */
  touchLines(slot: number, lines: Int32Array): number {
    const { u32 } = this.shard;
    const base = this.baseOf(slot);
    let touched = 0;
    for (let line = 0; line < lines.length; line++) touched |= u32[base + lines[line]];
    return touched;
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

  /** The key of a row's customer; -1 for a free row. */
  keyOf(slot: number): number {
    const { u32 } = this.shard;
    const base = this.baseOf(slot);
    const isFree = u32[base + HEADER.fingerprintLo] === 0 && u32[base + HEADER.fingerprintHi] === 0;
    return isFree ? -1 : u32[base + HEADER.keyRef];
  }

  /** Log offset of the last event of a row. */
  offsetOf(slot: number): number {
    const { u32 } = this.shard;
    const base = this.baseOf(slot);
    return u32[base + HEADER.offsetLo] + u32[base + HEADER.offsetHi] * TWO_32;
  }

  get slots(): number {
    return this.shard.u32[SHARD_HEADER.slots];
  }

  /** Whether `customers` more are sure to fit. */
  hasRoom(customers: number): boolean {
    return this.slots + customers <= this.shard.rowsMax && this.index.hasRoom(customers);
  }

  private baseOf(slot: number): number {
    return this.shard.regions.rows + slot * this.shard.regions.rowStride;
  }
}
