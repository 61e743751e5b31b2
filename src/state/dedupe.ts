import { hash64, hashBytes, mix32 } from '../base/hash.ts';
import { PageCopies } from '../features/page-copies.ts';

const SOURCE_SEED = 0x536f7572;
const ID_SEED = 0x45764964;
const SUBJECT_SEED = 0x5375626a;

/**
 * 64-bit hash of (source, id), the identity of an event, into `hash64`. Each part is hashed by itself with its
 * length, so that no separator inside a part can make two pairs look alike.
 */
export const eventHash = (
  bytes: Uint8Array,
  sourceStart: number,
  sourceEnd: number,
  idStart: number,
  idEnd: number,
): void => {
  hashBytes(bytes, sourceStart, sourceEnd, SOURCE_SEED);
  foldInto(hash64.lo, hash64.hi, bytes, idStart, idEnd, ID_SEED);
};

/**
 * Folds the subject into the event hash that `hash64` holds. The dedupe window remembers the result: the same
 * pair under another subject is another event, whether the two subjects share a shard or not.
 */
export const foldSubject = (bytes: Uint8Array, start: number, end: number): void =>
  foldInto(hash64.lo, hash64.hi, bytes, start, end, SUBJECT_SEED);

const foldInto = (lo: number, hi: number, bytes: Uint8Array, start: number, end: number, seed: number): void => {
  hashBytes(bytes, start, end, seed);
  hash64.lo = mix32(hash64.lo ^ lo);
  hash64.hi = mix32(hash64.hi ^ hi);
};

/** Words before the buckets: sequence number of the newest entry, number of entries, 2 spare. */
const HEADER_WORDS = 4;
/** Hash low and high, log time in seconds, sequence number of the next older entry of the bucket. */
const ENTRY_WORDS = 4;

/** Two entries a bucket when the window is full: 2 bytes an id, and a look-up still touches one or two entries. */
const bucketsFor = (idsMax: number): number => 2 ** Math.max(0, Math.ceil(Math.log2(idsMax / 2)));

/** Bytes that a window for `idsMax` ids takes in the memory of a shard. */
export const dedupeRegionBytes = (idsMax: number): number =>
  (HEADER_WORDS + bucketsFor(idsMax) + idsMax * ENTRY_WORDS) * Uint32Array.BYTES_PER_ELEMENT;

/**
 * The ids that a shard has seen lately, in a fixed region of its memory.
 *
 *   header | bucket heads ─┐             | ring of entries, oldest overwritten first
 *                          └─ newest entry of the bucket ─▶ older ─▶ older ─▶ forgotten: stop
 *
 * Entries are named by sequence numbers, and their place in the ring is the remainder. A chain goes from new to
 * old, so everything behind the first forgotten entry is forgotten too: nothing is ever unlinked. 0 is a name that
 * is forgotten from the start, so an untouched (zero) region is an empty window, and only pages in use are touched.
 *
 * All state is in the region: a copy of its bytes is a checkpoint. Only the writer may use it.
 */
export class DedupeWindow {
  readonly #words: () => Uint32Array;
  readonly #base: number;
  readonly #heads: number;
  readonly #entries: number;
  readonly #bucketMask: number;
  readonly #idsMax: number;
  readonly #windowSec: number;
  /** Sequence numbers run from 0 to this, a multiple of idsMax, so that places stay in order when they start anew. */
  readonly #span: number;
  readonly #copies: PageCopies;

  /**
   * @param words view that covers the region; asked anew at each use, because the memory may have grown.
   * @param baseWord first word of the region, which has {@link dedupeRegionBytes} bytes.
   * @param options.windowMs an id is remembered while log time has moved by no more than this, in whole seconds.
   * @param copies of the memory that it stands in
   */
  constructor(
    words: () => Uint32Array,
    baseWord: number,
    options: { idsMax: number; windowMs: number },
    copies = new PageCopies(),
  ) {
    this.#copies = copies;
    const buckets = bucketsFor(options.idsMax);
    this.#words = words;
    this.#base = baseWord;
    this.#heads = baseWord + HEADER_WORDS;
    this.#entries = this.#heads + buckets;
    this.#bucketMask = buckets - 1;
    this.#idsMax = options.idsMax;
    this.#windowSec = Math.floor(options.windowMs / 1000);
    this.#span = Math.floor(2 ** 32 / options.idsMax) * options.idsMax;
  }

  /** First word and words in use: behind them the ring was never written. */
  get inUse(): { readonly base: number; readonly words: number } {
    const words = this.#words();
    const newest = words[this.#base];
    // Sequence numbers may have started anew; then the ring has been full.
    const entries = newest >= this.#idsMax || this.count > newest ? this.#idsMax : newest + 1;
    return { base: this.#base, words: HEADER_WORDS + this.#bucketMask + 1 + entries * ENTRY_WORDS };
  }

  /** Ids that the window holds. Those that have become too old are only dropped by the next `seen`. */
  get count(): number {
    return this.#words()[this.#base + 1];
  }

  /**
   * True where the id is in the window; else it is remembered from now on. Being seen again does not renew an id.
   * @param hashLo unsigned, as `hash64` holds it.
   * @param logTimeSec seconds since the Unix epoch, never before that of an earlier call.
   */
  seen(hashLo: number, hashHi: number, logTimeSec: number): boolean {
    const words = this.#words();
    // Told to be unsigned, so that remainders are those of integers.
    const idsMax = this.#idsMax >>> 0;
    const newest = words[this.#base];
    const count = this.#forgetOld(words, newest, logTimeSec);
    const bucket = this.headOf(hashLo);
    const chain = words[bucket];
    let name = chain;
    let lastAge = -1;
    for (;;) {
      const age = this.#ageOf(name, newest);
      // A head that slept through a whole round of sequence numbers may name an entry of another bucket. Its hash
      // cannot match by mistake, and the rising age ends the walk.
      if (age >= count || age <= lastAge) break;
      const entry = this.#entries + (name % idsMax) * ENTRY_WORDS;
      if (words[entry] === hashLo && words[entry + 1] === hashHi) return true;
      lastAge = age;
      name = words[entry + 3];
    }
    const added = newest + 1 === this.#span ? 0 : newest + 1;
    const entry = this.#entries + ((added >>> 0) % idsMax) * ENTRY_WORDS;
    this.#willWrite(words, bucket, entry);
    words[entry] = hashLo;
    words[entry + 1] = hashHi;
    words[entry + 2] = logTimeSec;
    words[entry + 3] = chain;
    words[bucket] = added;
    words[this.#base] = added;
    // A full window has just overwritten its oldest entry.
    if (count < idsMax) words[this.#base + 1] = count + 1;
    return false;
  }

  /** Forgets the id that the last `seen` has remembered. */
  forgetNewest(): void {
    const words = this.#words();
    const entry = this.#entries + (words[this.#base] % this.#idsMax) * ENTRY_WORDS;
    this.#willWrite(words, this.#heads, entry);
    // The chain goes on through it, and no event has this hash.
    words[entry] = 0;
    words[entry + 1] = 0;
  }

  /** Where the newest entry of an id's bucket is named. */
  headOf(hashLo: number): number {
    return this.#heads + (hashLo & this.#bucketMask);
  }

  /** Looks at an entry. @param name of the entry */
  wordOf(name: number): number {
    return this.#words()[this.#entries + ((name >>> 0) % (this.#idsMax >>> 0)) * ENTRY_WORDS];
  }

  #forgetOld(words: Uint32Array, newest: number, logTimeSec: number): number {
    const before = words[this.#base + 1];
    let count = before;
    while (count > 0) {
      const oldest = newest - count + 1;
      const place = ((oldest < 0 ? oldest + this.#span : oldest) >>> 0) % (this.#idsMax >>> 0);
      if (logTimeSec - words[this.#entries + place * ENTRY_WORDS + 2] <= this.#windowSec) break;
      count--;
    }
    if (count !== before) {
      this.#willWrite(words, this.#base, this.#base);
      words[this.#base + 1] = count;
    }
    return count;
  }

  #willWrite(words: Uint32Array, bucket: number, entry: number): void {
    const copies = this.#copies;
    if (!copies.isActive) return;
    copies.keep(words, this.#base, this.#base + HEADER_WORDS);
    copies.keep(words, bucket, bucket + 1);
    copies.keep(words, entry, entry + ENTRY_WORDS);
  }

  /** How many entries are newer than this one. */
  #ageOf(name: number, newest: number): number {
    const age = newest - name;
    return age < 0 ? age + this.#span : age;
  }
}
