import type { GroupSums } from './ask.ts';
import type { GroupTablePlan } from './group-table-plan.ts';
import { PageCopies } from './page-copies.ts';

/**
 * One shard's part of the group tables, in the shard's memory. A table is
 * ```
 *   count | index: 2^n words, entry number + 1 | entries: version, keyLo, keyHi, cells…
 * ```
 * and a cell is a float64 (2 words) with the second at which it holds (1 word). Entry 0 is `other`, which keys share
 * once the table is full. An entry's version is odd while the writer changes it.
 */
const ENTRY_HEADER = 3;
const CELL_WORDS = 3;
const OTHER = 0;

const float = new Float64Array(1);
const floatWords = new Uint32Array(float.buffer);

const indexWords = (plan: GroupTablePlan): number => 2 ** Math.ceil(Math.log2(plan.keysMax * 2 + 2));
const entryWords = (plan: GroupTablePlan): number => ENTRY_HEADER + plan.cells.length * CELL_WORDS;

export const groupTableWords = (plan: GroupTablePlan): number =>
  1 + indexWords(plan) + (plan.keysMax + 1) * entryWords(plan);

export class GroupTable {
  readonly plan: GroupTablePlan;
  private words: Uint32Array;
  readonly base: number;
  private readonly mask: number;
  private readonly entries: number;
  private readonly entryWords: number;
  private readonly values: Float64Array;
  private readonly copies: PageCopies;

  /** @param base first word of the table @param copies of the memory that it stands in */
  constructor(plan: GroupTablePlan, words: Uint32Array, base: number, copies = new PageCopies()) {
    this.copies = copies;
    this.plan = plan;
    this.words = words;
    this.base = base;
    this.mask = indexWords(plan) - 1;
    this.entries = base + 1 + this.mask + 1;
    this.entryWords = entryWords(plan);
    this.values = new Float64Array(plan.cells.length);
  }

  get keys(): number {
    return this.words[this.base];
  }

  /** From {@link base} on: the count, the index and the entries that have a key. */
  get wordsInUse(): number {
    return this.entryOf(this.keys + 1) - this.base;
  }

  /** Writer only: adds to a cell, making the entry where there is none. */
  add(keyLo: number, keyHi: number, cell: number, amount: number, sec: number): void {
    const entry = this.entryOf(this.find(keyLo, keyHi, true));
    const at = entry + ENTRY_HEADER + cell * CELL_WORDS;
    const { words, copies } = this;
    if (copies.isActive) copies.keep(words, entry, entry + this.entryWords);
    const reference = words[at + 2];
    const value = this.load(at);
    const perSec = this.plan.cells[cell].decayPerSec;
    const later = sec >= reference;
    const sum = later
      ? value * (reference === 0 ? 0 : Math.exp((reference - sec) * perSec)) + amount
      : value + amount * Math.exp((sec - reference) * perSec);
    Atomics.store(words, entry, words[entry] + 1);
    float[0] = sum;
    words[at] = floatWords[0];
    words[at + 1] = floatWords[1];
    words[at + 2] = later ? sec : reference;
    Atomics.store(words, entry, words[entry] + 1);
  }

  /** Adds each cell's value at `sec` to `into`. A question before the state's time gets the state as it is. */
  read(keyLo: number, keyHi: number, sec: number, into: Float64Array): void {
    const number = this.find(keyLo, keyHi, false);
    if (number < 0) return;
    const entry = this.entryOf(number);
    const { values, words } = this;
    const { cells } = this.plan;
    let version: number;
    // The writer holds a version odd for a few stores only; another turn of this loop sees it even.
    do {
      version = Atomics.load(words, entry);
      for (let cell = 0; cell < cells.length; cell++) {
        const at = entry + ENTRY_HEADER + cell * CELL_WORDS;
        const value = this.load(at);
        const ageSec = Math.max(0, sec - words[at + 2]);
        values[cell] = value === 0 ? 0 : value * Math.exp(-ageSec * cells[cell].decayPerSec);
      }
    } while ((version & 1) === 1 || Atomics.load(words, entry) !== version);
    for (let cell = 0; cell < cells.length; cell++) into[cell] += values[cell];
  }

  /** Calls back with the words of every entry's key and cells: what a checkpoint or a hash needs. */
  forEach(visit: (words: Uint32Array) => void): void {
    for (let number = OTHER; number <= this.keys; number++) {
      const entry = this.entryOf(number);
      visit(this.words.subarray(entry + 1, entry + this.entryWords));
    }
  }

  private load(at: number): number {
    floatWords[0] = this.words[at];
    floatWords[1] = this.words[at + 1];
    return float[0];
  }

  private entryOf(number: number): number {
    return this.entries + number * this.entryWords;
  }

  /** @returns number of the key's entry; where it has none, `other` in a full table, else a new one or -1 */
  private find(keyLo: number, keyHi: number, make: boolean): number {
    const { words, base } = this;
    let probe = keyLo & this.mask;
    for (;;) {
      // Where it stands is told by this word: no atomic load is needed, which is a call.
      const stored = words[base + 1 + probe];
      if (stored === 0) break;
      const entry = this.entryOf(stored);
      if (words[entry + 1] === keyLo && words[entry + 2] === keyHi) return stored;
      probe = (probe + 1) & this.mask;
    }
    const count = words[base];
    if (count >= this.plan.keysMax) return OTHER;
    if (!make) return -1;
    const number = count + 1;
    const entry = this.entryOf(number);
    const { copies } = this;
    if (copies.isActive) {
      copies.keep(words, base, base + 1);
      copies.keep(words, base + 1 + probe, base + 2 + probe);
      copies.keep(words, entry, entry + this.entryWords);
    }
    words[entry + 1] = keyLo;
    words[entry + 2] = keyHi;
    words[base] = number;
    // Last, so that a reader never sees an entry without its key.
    Atomics.store(words, base + 1 + probe, number);
    return number;
  }
}

/** Entries of the cache a table; a power of two. */
const CACHE_SIZE = 256;

/**
 * Adds the parts of all shards up. Sums are kept until {@link GroupReader.forget}, which the serving thread calls once a
 * turn of its loop: all rows of a turn see the same group values, and a read costs the shards once.
 */
export class GroupReader implements GroupSums {
  private readonly tables: readonly (readonly GroupTable[])[];
  private readonly caches: readonly CacheEntry[][];
  private turn = 1;

  /** @param shards group tables of each shard, in the order of the plan */
  constructor(plans: readonly GroupTablePlan[], shards: readonly (readonly GroupTable[])[]) {
    this.tables = plans.map((plan) => shards.map((shard) => shard[plan.position]));
    this.caches = plans.map((plan) =>
      Array.from({ length: plan.by[0] === 'everybody' ? 1 : CACHE_SIZE }, () => ({
        turn: 0,
        sec: 0,
        keyLo: 0,
        keyHi: 0,
        sums: new Float64Array(plan.cells.length),
      })),
    );
  }

  forget(): void {
    this.turn++;
  }

  sums(plan: GroupTablePlan, keyLo: number, keyHi: number, sec: number): Float64Array {
    const cache = this.caches[plan.position];
    const entry = cache[keyLo & (cache.length - 1)];
    if (entry.turn !== this.turn || entry.sec !== sec || entry.keyLo !== keyLo || entry.keyHi !== keyHi) {
      entry.turn = this.turn;
      entry.sec = sec;
      entry.keyLo = keyLo;
      entry.keyHi = keyHi;
      entry.sums.fill(0);
      for (const table of this.tables[plan.position]) table.read(keyLo, keyHi, sec, entry.sums);
    }
    return entry.sums;
  }
}

interface CacheEntry {
  turn: number;
  sec: number;
  keyLo: number;
  keyHi: number;
  sums: Float64Array;
}
