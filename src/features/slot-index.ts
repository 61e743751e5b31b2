import { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { INDEX_LOG2_MAX, INDEX_LOG2_MIN, SHARD_HEADER, type Shard } from './shard.ts';

/**
 * Customer ids and aliases, an open-addressing table in shared memory. An entry is two words: 32 bits of the id's hash and
 * where its key stands in the heap (in words from the heap's start, plus 1; 0 is empty, {@link GONE} was erased). A key is
 * ```
 *   slot | meaning << 16 + length | target: key | alias list: key | its shard + 1 | bytes of the id …
 * ```
 * The meaning is 0 for a customer (then `slot` holds, and the list begins with its first alias), shard + 1 for an alias of
 * the target key there (and the list goes on), or one of the two marks below. One thread changes keys; any thread finds. A
 * key is written before the entry that points to it, and a larger table is filled before the header names it, so that a
 * reader sees each id either not yet or whole. A key may come to mean something else under a reader: words are written
 * before the meaning that makes them hold, and the fingerprint in the row tells the rest.
 */
const ENTRY_WORDS = 2;
const KEY = { slot: 0, meaning: 1, target: 2, nextKey: 3, nextShard: 4 } as const;
const KEY_HEADER_WORDS = 5;
const ABSENT = -1;
const KEY_WORDS_MAX = KEY_HEADER_WORDS + Math.ceil(LIMITS.idBytesMax / 4);
/** An open-addressing table that is fuller has long probes. */
const FILL_MAX = 0.75;
const LENGTH_MASK = 0xffff;
/** An alias that was unlinked: its key stays in the table. */
const NOBODY = 0xffff;
/** An alias that is being pointed elsewhere. */
const MOVING = 0xfffe;
const TRIES_MAX = 1000;
/** The entry of an erased id: probes go on behind it. */
const GONE = 0xffffffff;

/** Where a key stands: its shard and its place in that shard's heap. */
export interface KeyPlace {
  readonly shard: number;
  readonly key: number;
}

export class SlotIndex {
  private readonly shard: Shard;
  /** With a bound on rows, keys leave all the time: their places are used again, and stamps tell readers. */
  private readonly isBounded: boolean;

  constructor(shard: Shard) {
    this.shard = shard;
    this.isBounded = shard.isBounded;
  }

  /** Writer only, once for a fresh memory. @param residentsMax customers that may have a row; 0 for no bound */
  static initialise(shard: Shard, residentsMax = 0): void {
    shard.u32[SHARD_HEADER.indexLog2] = INDEX_LOG2_MIN;
    shard.u32[SHARD_HEADER.residentsMax] = residentsMax;
  }

  /**
   * @param hash second half of the id's fingerprint
   * @returns the key's place in the heap, -1 where the id is not known
   */
  findKey(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const { u32, regions } = this.shard;
    // No atomic loads, which are calls: each place is told by the word before, so that none is read too early, and a word
    // that is old by a moment says "not yet".
    const size = 1 << u32[SHARD_HEADER.indexLog2];
    const table = regions.index + size * ENTRY_WORDS;
    const mask = size - 1;
    for (let probe = hash & mask; ; probe = (probe + 1) & mask) {
      const entry = table + probe * ENTRY_WORDS;
      const ref = u32[entry + 1];
      if (ref === 0) return ABSENT;
      if (u32[entry] === hash && ref !== GONE && this.equals(ref - 1, bytes, start, end)) return ref - 1;
    }
  }

  /** Where the search for a hash begins, for {@link keyIn}: a word of the table in force. */
  entryOf(hash: number): number {
    const { u32, regions } = this.shard;
    const size = 1 << u32[SHARD_HEADER.indexLog2];
    return regions.index + (size + (hash & (size - 1))) * ENTRY_WORDS;
  }

  /** @returns the key that an entry points to, whoever's it is; -1 for none */
  keyIn(entry: number): number {
    const ref = this.shard.u32[entry + 1];
    return ref === GONE ? ABSENT : ref - 1;
  }

  /** @returns the slot of a customer's key, -1 where the key is an alias */
  slotOf(key: number): number {
    const { u32, regions } = this.shard;
    const at = regions.keyHeap + key;
    return u32[at + KEY.meaning] > LENGTH_MASK ? ABSENT : u32[at + KEY.slot];
  }

  /** Whether a key is that of this id. */
  equals(key: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { u32, u8, regions } = this.shard;
    const at = regions.keyHeap + key;
    if ((u32[at + KEY.meaning] & LENGTH_MASK) !== end - start) return false;
    const first = (at + KEY_HEADER_WORDS) * 4 - start;
    for (let i = start; i < end; i++) if (u8[first + i] !== bytes[i]) return false;
    return true;
  }

  /** @returns what an alias points to; undefined for a customer's key and for an alias that means nobody */
  targetOf(key: number): KeyPlace | undefined {
    const { u32, regions } = this.shard;
    const at = regions.keyHeap + key;
    for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
      const meaning = Atomics.load(u32, at + KEY.meaning);
      const target = u32[at + KEY.target];
      const shard = meaning >>> 16;
      if (shard === MOVING || Atomics.load(u32, at + KEY.meaning) !== meaning) continue;
      return shard === 0 || shard === NOBODY ? undefined : { shard: shard - 1, key: target };
    }
    return undefined;
  }

  /** Writer only: makes a key that of a customer. */
  pointToSlot(key: number, slot: number): void {
    this.willWriteKey(key);
    this.shard.u32[this.shard.regions.keyHeap + key + KEY.slot] = slot;
    this.setMeaning(key, 0);
  }

  /** Writer only: makes a key an alias of a customer's key, or of nobody. */
  pointToKey(key: number, target: KeyPlace | undefined): void {
    this.willWriteKey(key);
    this.setMeaning(key, MOVING);
    this.shard.u32[this.shard.regions.keyHeap + key + KEY.target] = target?.key ?? 0;
    this.setMeaning(key, target === undefined ? NOBODY : target.shard + 1);
  }

  /** The alias after this one, or the first of a customer's key. */
  nextAlias(key: number): KeyPlace | undefined {
    const shard = this.nextAliasShard(key);
    return shard < 0 ? undefined : { shard, key: this.nextAliasKey(key) };
  }

  /** As {@link nextAlias}, in two calls that make nothing: the shard, -1 where there is none, and the key there. */
  nextAliasShard(key: number): number {
    const { u32, regions } = this.shard;
    return u32[regions.keyHeap + key + KEY.nextShard] - 1;
  }

  nextAliasKey(key: number): number {
    const { u32, regions } = this.shard;
    return u32[regions.keyHeap + key + KEY.nextKey];
  }

  /** Writer only. */
  setNextAlias(key: number, next: KeyPlace | undefined): void {
    this.willWriteKey(key);
    const { u32, regions } = this.shard;
    const at = regions.keyHeap + key;
    u32[at + KEY.nextKey] = next?.key ?? 0;
    u32[at + KEY.nextShard] = next === undefined ? 0 : next.shard + 1;
  }

  /** The id's bytes: a view into the shared memory, valid while the key is. */
  bytesOf(key: number): Uint8Array {
    const { u32, u8, regions } = this.shard;
    const at = regions.keyHeap + key;
    const first = (at + KEY_HEADER_WORDS) * 4;
    return u8.subarray(first, first + (u32[at + KEY.meaning] & LENGTH_MASK));
  }

  /** Copies the first bytes of an id, as many as fit. @returns how many */
  copyId(key: number, into: Uint8Array): number {
    const { u32, u8, regions } = this.shard;
    const at = regions.keyHeap + key;
    const length = Math.min(into.length, u32[at + KEY.meaning] & LENGTH_MASK);
    const first = (at + KEY_HEADER_WORDS) * 4;
    for (let i = 0; i < length; i++) into[i] = u8[first + i];
    return length;
  }

  /** Every key in the heap, in the order in which they came. */
  *keys(): Generator<number> {
    const { u32, regions } = this.shard;
    const end = u32[SHARD_HEADER.keyHeapWords];
    for (let key = 0; key < end; ) {
      yield key;
      key += KEY_HEADER_WORDS + Math.ceil((u32[regions.keyHeap + key + KEY.meaning] & LENGTH_MASK) / 4);
    }
  }

  /**
   * Writer only: the id must not be known.
   * @param slot of its customer; undefined for an alias, which means nobody until it is pointed to a key
   * @returns its key
   * @throws BeckonError STATE_FULL
   */
  insert(hash: number, bytes: Uint8Array, start: number, end: number, slot?: number): number {
    const { u32, u8, regions } = this.shard;
    const words = KEY_HEADER_WORDS + Math.ceil((end - start) / 4);
    const free = u32[SHARD_HEADER.freeKeys + words];
    const key = free === 0 ? u32[SHARD_HEADER.keyHeapWords] : free - 1;
    const at = regions.keyHeap + key;
    const log2 = u32[SHARD_HEADER.indexLog2];
    const isTight = u32[SHARD_HEADER.keys] + 1 > FILL_MAX * 2 ** log2;
    if (at + words > regions.keyHeapEnd || (isTight && log2 === INDEX_LOG2_MAX))
      throw new BeckonError('STATE_FULL', `shard ${this.shard.number} holds as many customers as its index can`);
    if (free === 0) u32[SHARD_HEADER.keyHeapWords] = key + words;
    else u32[SHARD_HEADER.freeKeys + words] = u32[at + KEY.slot];
    this.shard.willWrite(at, words);
    u32[at + KEY.slot] = slot ?? 0;
    u32[at + KEY.meaning] = (end - start) | (slot === undefined ? NOBODY << 16 : 0);
    u8.set(bytes.subarray(start, end), (at + KEY_HEADER_WORDS) * 4);
    if (isTight) this.enlarge(log2);
    this.link(u32[SHARD_HEADER.indexLog2], hash, key + 1);
    if (this.isBounded) this.shard.changeStamp(hash);
    return key;
  }

  /**
   * Writer only: forgets an id. Its bytes become zero. Its place in the heap is used again only with a bound on rows,
   * where every reader looks at stamps.
   * @param hash as for {@link findKey}
   */
  remove(hash: number, key: number): void {
    const { u32, regions } = this.shard;
    this.unlink(hash, key + 1);
    this.setNextAlias(key, undefined);
    this.pointToKey(key, undefined);
    const id = this.bytesOf(key);
    this.shard.willWrite(regions.keyHeap + key + KEY_HEADER_WORDS, Math.ceil(id.length / 4));
    id.fill(0);
    if (!this.isBounded) return;
    this.shard.changeStamp(hash);
    const at = regions.keyHeap + key;
    const words = KEY_HEADER_WORDS + Math.ceil((u32[at + KEY.meaning] & LENGTH_MASK) / 4);
    u32[at + KEY.slot] = u32[SHARD_HEADER.freeKeys + words];
    u32[SHARD_HEADER.freeKeys + words] = key + 1;
  }

  /** Whether `keys` more, each as long as may be, are sure to fit. */
  hasRoom(keys: number): boolean {
    const { u32, regions } = this.shard;
    const heapEnd = regions.keyHeap + u32[SHARD_HEADER.keyHeapWords] + keys * KEY_WORDS_MAX;
    return heapEnd <= regions.keyHeapEnd && u32[SHARD_HEADER.keys] + keys <= FILL_MAX * 2 ** INDEX_LOG2_MAX;
  }

  private willWriteKey(key: number): void {
    this.shard.willWrite(this.shard.regions.keyHeap + key, KEY_HEADER_WORDS);
  }

  private setMeaning(key: number, meaning: number): void {
    const { u32, regions } = this.shard;
    const at = regions.keyHeap + key + KEY.meaning;
    Atomics.store(u32, at, (u32[at] & LENGTH_MASK) | (meaning << 16));
  }

  private link(log2: number, hash: number, ref: number): void {
    const { u32, regions } = this.shard;
    const size = 1 << log2;
    const table = regions.index + size * ENTRY_WORDS;
    const mask = size - 1;
    for (let probe = hash & mask; ; probe = (probe + 1) & mask) {
      const entry = table + probe * ENTRY_WORDS;
      const taken = u32[entry + 1];
      if (taken !== 0 && taken !== GONE) continue;
      this.shard.willWrite(entry, ENTRY_WORDS);
      if (taken === 0) u32[SHARD_HEADER.keys]++;
      u32[entry] = hash;
      Atomics.store(u32, entry + 1, ref);
      return;
    }
  }

  private unlink(hash: number, ref: number): void {
    const { u32, regions } = this.shard;
    const log2 = u32[SHARD_HEADER.indexLog2];
    const table = regions.index + 2 ** log2 * ENTRY_WORDS;
    const mask = 2 ** log2 - 1;
    const refAt = (probe: number): number => table + (probe & mask) * ENTRY_WORDS + 1;
    let probe = hash & mask;
    while (u32[refAt(probe)] !== ref) probe++;
    this.shard.willWrite(refAt(probe) - 1, ENTRY_WORDS);
    Atomics.store(u32, refAt(probe), GONE);
    u32[refAt(probe) - 1] = 0;
    // At the end of a run of entries a mark leads nowhere: it and those before it are empty again.
    if (u32[refAt(probe + 1)] !== 0) return;
    for (; u32[refAt(probe)] === GONE; probe--) {
      this.shard.willWrite(refAt(probe), 1);
      Atomics.store(u32, refAt(probe), 0);
      u32[SHARD_HEADER.keys]--;
    }
  }

  private enlarge(log2: number): void {
    const { u32, regions } = this.shard;
    const old = regions.index + 2 ** log2 * ENTRY_WORDS;
    u32[SHARD_HEADER.keys] = 0;
    for (let entry = old; entry < old + 2 ** log2 * ENTRY_WORDS; entry += ENTRY_WORDS)
      if (u32[entry + 1] !== 0 && u32[entry + 1] !== GONE) this.link(log2 + 1, u32[entry], u32[entry + 1]);
    Atomics.store(u32, SHARD_HEADER.indexLog2, log2 + 1);
  }
}
