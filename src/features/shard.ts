import { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { GroupTable, groupTableWords } from './groups.ts';
import { PAGE_WORDS as COPIED_PAGE_WORDS, PageCopies } from './page-copies.ts';
import type { FeaturePlan } from './plan.ts';
import { LINE_WORDS } from './row.ts';

const PAGE_WORDS = 16_384;
const PAGES_PER_GROWTH = 256;

/** Words at the start of a shard's memory. */
export const SHARD_HEADER = {
  /** log2 of the entries of the index table in force. */
  indexLog2: 0,
  /** Entries of the index table that are not empty: keys of customers and aliases, and marks of keys that have gone. */
  keys: 1,
  /** Words of the key heap in use. */
  keyHeapWords: 2,
  /** Slots ever given out. */
  slots: 3,
  customers: 4,
  /** Slot + 1 of the first free row, whose key word names the next; 0 where none is free. */
  freeSlot: 5,
  /** Events applied, duplicates not counted: 64 bits. */
  eventsApplied: 6,
  /** Customers that may have a row here; 0 where there is no bound. Set before anybody else sees the memory. */
  residentsMax: 8,
  /** Customers of this shard whose rows are in the database. */
  coldCustomers: 9,
  /** Rows that went to the database since the start; wraps. */
  evictions: 10,
  /** From here on: place + 1 of the first free key of so many words. Only with a bound are places of keys used again. */
  freeKeys: 64,
} as const;

/** Words in which a shard counts what happens to the ids of a bounded table; an id has its word by its hash. */
const STAMPS = 2 ** 16;
const STAMP_SHIFT = 16;

/** The largest index: 2^22 entries a shard, filled to 3/4, are 3 million keys; times 16 shards, 50 million. */
export const INDEX_LOG2_MAX = 22;
export const INDEX_LOG2_MIN = 8;
const INDEX_ENTRY_WORDS = 2;
/** 80 bytes a key at the largest index. */
const KEY_HEAP_WORDS = 2 ** INDEX_LOG2_MAX * 15;

/**
 * Where the parts of a shard's memory stand, in words. Address space is reserved at fixed places and costs nothing:
 * physical memory is taken page by page when it is first written.
 * ```
 *   header | stamps | index: the table of 2^k entries begins at 2^k entries | key heap | groups | dedupe | rows …
 * ```
 * So no two generations of the index overlap, and only the rows, which come last, grow.
 */
export interface ShardRegions {
  readonly stamps: number;
  readonly index: number;
  readonly keyHeap: number;
  readonly keyHeapEnd: number;
  readonly groups: readonly number[];
  readonly dedupe: number;
  readonly rows: number;
  readonly rowWords: number;
  /** Words from one row to the next: whole lines of the cache, so that a row lies in as few as it can. */
  readonly rowStride: number;
}

export const shardRegions = (plan: FeaturePlan, dedupeWords: number): ShardRegions => {
  let next = PAGE_WORDS;
  const take = (words: number): number => {
    const start = next;
    next += Math.ceil(words / PAGE_WORDS) * PAGE_WORDS;
    return start;
  };
  const stamps = take(STAMPS);
  const index = take(2 ** (INDEX_LOG2_MAX + 1) * INDEX_ENTRY_WORDS);
  const keyHeap = take(KEY_HEAP_WORDS);
  const groups = plan.groupTables.map((table) => take(groupTableWords(table)));
  const dedupe = take(dedupeWords);
  const keyHeapEnd = keyHeap + KEY_HEAP_WORDS;
  const { rowWords } = plan;
  const rowStride = Math.ceil(rowWords / LINE_WORDS) * LINE_WORDS;
  return { stamps, index, keyHeap, keyHeapEnd, groups, dedupe, rows: next, rowWords, rowStride };
};

/** First word and end (exclusive) of words in use, at bounds of the pages that a checkpoint copies. */
export type Stretch = readonly [from: number, end: number];

/** @param from at such a bound */
export const stretch = (from: number, words: number): Stretch => [
  from,
  from + Math.ceil(words / COPIED_PAGE_WORDS) * COPIED_PAGE_WORDS,
];

/** The memory that threads share; made once, by the main thread. */
export const makeShardMemory = (regions: ShardRegions): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: regions.rows / PAGE_WORDS, maximum: LIMITS.shardPagesMax, shared: true });

/**
 * One shard's memory as this thread sees it. After another thread has grown the memory, views made before end where
 * it ended, and reading past an end gives undefined: so whoever computes an address beyond `u32.length` calls
 * {@link Shard.reach} first.
 */
export class Shard {
  readonly number: number;
  readonly regions: ShardRegions;
  readonly groups: readonly GroupTable[];
  /** What a checkpoint that is being made still needs of this memory. */
  readonly copies = new PageCopies();
  u32!: Uint32Array;
  f32!: Float32Array;
  u8!: Uint8Array;
  private readonly memory: WebAssembly.Memory;

  constructor(number: number, memory: WebAssembly.Memory, plan: FeaturePlan, regions: ShardRegions) {
    this.number = number;
    this.memory = memory;
    this.regions = regions;
    this.refresh();
    this.groups = plan.groupTables.map((table, i) => new GroupTable(table, this.u32, regions.groups[i], this.copies));
  }

  /** Fresh views where word `end` lies beyond the present ones. @throws Error where the memory does not reach it either */
  reach(end: number): void {
    if (end <= this.u32.length) return;
    this.refresh();
    if (end > this.u32.length) throw new Error(`shard ${this.number}: word ${end} lies beyond the memory`);
  }

  /** Writer only. @throws BeckonError STATE_FULL */
  grow(end: number): void {
    if (end <= this.u32.length) return;
    const pages = Math.ceil((end - this.u32.length) / PAGE_WORDS);
    const room = LIMITS.shardPagesMax - this.u32.length / PAGE_WORDS;
    if (pages > room)
      throw new BeckonError('STATE_FULL', `shard ${this.number} holds as many rows as 4 GiB can: use more shards`);
    this.memory.grow(Math.min(room, Math.max(pages, PAGES_PER_GROWTH)));
    this.refresh();
  }

  /** Writer only: before words are changed. */
  willWrite(at: number, words: number): void {
    if (this.copies.isActive) this.copies.keep(this.u32, at, at + words);
  }

  /**
   * Where the words in use stand, without the stamps, which mean nothing to another process, and the dedupe window, which
   * is its own to say. Always as many stretches in the same order, each a whole number of copied pages.
   */
  stretches(): Stretch[] {
    const { u32, regions } = this;
    const index = 2 ** (u32[SHARD_HEADER.indexLog2] + 1);
    const tableWords = 2 ** u32[SHARD_HEADER.indexLog2] * INDEX_ENTRY_WORDS;
    return [
      stretch(0, SHARD_HEADER.freeKeys + COPIED_PAGE_WORDS / 2),
      stretch(regions.index + index, tableWords),
      stretch(regions.keyHeap, u32[SHARD_HEADER.keyHeapWords]),
      ...this.groups.map((table) => stretch(table.base, table.wordsInUse)),
      stretch(regions.rows, u32[SHARD_HEADER.slots] * regions.rowStride),
    ];
  }

  get rowsMax(): number {
    return Math.floor((LIMITS.shardPagesMax * PAGE_WORDS - this.regions.rows) / this.regions.rowStride);
  }

  /** Customers with a row here. */
  get residents(): number {
    return this.u32[SHARD_HEADER.customers];
  }

  /** Customers whose row is in the database. */
  get coldCustomers(): number {
    return this.u32[SHARD_HEADER.coldCustomers];
  }

  get evictions(): number {
    return this.u32[SHARD_HEADER.evictions];
  }

  /** Whether customers may be in the database instead of here. */
  get isBounded(): boolean {
    return this.u32[SHARD_HEADER.residentsMax] !== 0;
  }

  /** What changes whenever an id with this hash comes to the index of a bounded table or leaves it. */
  stampOf(hash: number): number {
    return Atomics.load(this.u32, this.regions.stamps + (hash >>> STAMP_SHIFT));
  }

  /** Writer only. */
  changeStamp(hash: number): void {
    Atomics.add(this.u32, this.regions.stamps + (hash >>> STAMP_SHIFT), 1);
  }

  /** Bytes of the shard's parts that are in use; what dedupe holds is its own to say. */
  get bytesInUse(): number {
    const { u32, regions } = this;
    // Smaller tables that it has outgrown keep their pages: together they are as large as the one in force.
    const index = 2 ** (u32[SHARD_HEADER.indexLog2] + 1) * INDEX_ENTRY_WORDS;
    const stamps = this.isBounded ? STAMPS : 0;
    return 4 * (stamps + index + u32[SHARD_HEADER.keyHeapWords] + u32[SHARD_HEADER.slots] * regions.rowStride);
  }

  private refresh(): void {
    // Growing by nothing makes this thread see the size that another thread has grown the memory to.
    this.memory.grow(0);
    const { buffer } = this.memory;
    this.u32 = new Uint32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.u8 = new Uint8Array(buffer);
  }
}
