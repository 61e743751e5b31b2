/** 1 KiB: a row of 210 words is on two pages; larger ones would copy much that nobody changes. */
export const PAGE_WORDS = 256;
const PAGE_SHIFT = 8;

/** What the states of pages say: nothing is to be kept, the page is to be kept, or its copy stands in place `state - COPIED`. */
export const PAGE_STATE = { free: 0, pending: 1, copied: 2 } as const;

const POOL_PAGE_WORDS = 16_384;
const POOL_GROWTH_PAGES = 256;

/** What threads share of a {@link CopyPool}. */
export interface SharedCopies {
  readonly memory: WebAssembly.Memory;
  /** One number: places taken. */
  readonly used: Int32Array;
}

/** The copies of pages that the writer had to change before they were read: one pool for all shards. */
export class CopyPool {
  readonly shared: SharedCopies;
  words!: Uint32Array;
  private readonly wordsMax: number;

  /** @param bytesMax a whole number of 64 KiB */
  constructor(bytesMax: number, shared?: SharedCopies) {
    const maximum = bytesMax / (POOL_PAGE_WORDS * 4);
    this.shared = shared ?? {
      memory: new WebAssembly.Memory({ initial: 0, maximum, shared: true }),
      used: new Int32Array(new SharedArrayBuffer(4)),
    };
    this.wordsMax = maximum * POOL_PAGE_WORDS;
    this.refresh();
  }

  /** Sees what another thread has added. */
  refresh(): void {
    const { memory } = this.shared;
    memory.grow(0);
    this.words = new Uint32Array(memory.buffer);
  }

  /** How full it is, 0 to 1; another thread may see it a little late. */
  get fill(): number {
    return (this.shared.used[0] * PAGE_WORDS) / this.wordsMax;
  }

  /** Writer only: all places are free again. */
  clear(): void {
    this.shared.used[0] = 0;
  }

  /** Writer only. @returns the place after the last one; -1 where the pool is full */
  next(): number {
    const { memory, used } = this.shared;
    const end = (used[0] + 1) * PAGE_WORDS;
    if (end > this.wordsMax) return -1;
    if (end > this.words.length) {
      const room = (this.wordsMax - this.words.length) / POOL_PAGE_WORDS;
      memory.grow(Math.min(POOL_GROWTH_PAGES, room));
      this.words = new Uint32Array(memory.buffer);
    }
    return used[0];
  }

  take(): void {
    this.shared.used[0]++;
  }
}

/**
 * Keeps the pages of one shard as they were at the mark of a checkpoint, while the writer goes on changing them. Neither
 * side ever waits:
 * ```
 *   writer, before it changes a page      reader
 *   copy the page into the pool           copy the page
 *   pending → copied, in one step         pending → free, in one step
 *   change the page                       failed? then the writer's copy is the page as it was
 * ```
 * The writer changes a page only after its own step, so what the reader copied before a step that succeeded is whole.
 */
export class PageCopies {
  /** Whether a checkpoint is being made. */
  isActive = false;
  /** Whether the pool was full, so that the checkpoint cannot be whole. */
  isLost = false;
  private states: Int32Array = new Int32Array(0);
  private pool: CopyPool | undefined;

  /** From now on pages that are {@link PAGE_STATE.pending} are kept. @param states one a page, shared */
  begin(states: Int32Array, pool: CopyPool): void {
    this.states = states;
    this.pool = pool;
    this.isLost = false;
    this.isActive = true;
  }

  end(): void {
    this.isActive = false;
    this.states = new Int32Array(0);
    this.pool = undefined;
  }

  /** Before words of a shard's memory are changed while {@link isActive}. */
  keep(u32: Uint32Array, from: number, end: number): void {
    const { states } = this;
    const last = (end - 1) >>> PAGE_SHIFT;
    for (let page = from >>> PAGE_SHIFT; page <= last && page < states.length; page++)
      if (Atomics.load(states, page) === PAGE_STATE.pending) this.copy(u32, page);
  }

  private copy(u32: Uint32Array, page: number): void {
    const pool = this.pool as CopyPool;
    const place = pool.next();
    if (place < 0) {
      this.isLost = true;
      return;
    }
    const { words } = pool;
    const to = place * PAGE_WORDS;
    const from = page * PAGE_WORDS;
    for (let i = 0; i < PAGE_WORDS; i++) words[to + i] = u32[from + i];
    const { pending, copied } = PAGE_STATE;
    // Another thread may have read the page meanwhile: then nobody needs the copy.
    if (Atomics.compareExchange(this.states, page, pending, copied + place) === pending) pool.take();
  }
}

/** Reader's side: words of a shard as they were at the mark. Each page may be read once. */
export const readKept = (
  u32: Uint32Array,
  states: Int32Array,
  pool: CopyPool,
  from: number,
  into: Uint32Array,
): void => {
  into.set(u32.subarray(from, from + into.length));
  const { free, pending, copied } = PAGE_STATE;
  for (let at = 0; at < into.length; at += PAGE_WORDS) {
    const state = Atomics.compareExchange(states, (from + at) >>> PAGE_SHIFT, pending, free);
    if (state < copied) continue;
    const place = (state - copied) * PAGE_WORDS;
    if (place >= pool.words.length) pool.refresh();
    into.set(pool.words.subarray(place, place + PAGE_WORDS), at);
  }
};
