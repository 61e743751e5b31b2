/**
 * One customer's words seen through typed arrays. The same object is moved over many rows: `base` is the first
 * word of the row. Kinds add their compiled offset to it and never hold a literal index.
 */
export class RowView {
  u32: Uint32Array;
  f32: Float32Array;
  base = 0;

  constructor(u32: Uint32Array, f32: Float32Array) {
    this.u32 = u32;
    this.f32 = f32;
  }

  /** A private row of its own, all zero. */
  static ofWords(words: number): RowView {
    const buffer = new ArrayBuffer(words * 4);
    return new RowView(new Uint32Array(buffer), new Float32Array(buffer));
  }
}

/** Words at the head of every row, before the first feature cell. */
export const HEADER = {
  /** Seqlock: odd while the writer copies. Not part of the state hash. */
  version: 0,
  /** 64-bit fingerprint of the customer id: a freed slot may belong to somebody else by the time a reader copies. */
  fingerprintLo: 1,
  fingerprintHi: 2,
  /** Byte offset / 4 of the id in the key heap of the shard. Not part of the state hash. */
  keyRef: 3,
  /** Log offset of the last event applied. */
  offsetLo: 4,
  offsetHi: 5,
  /** Greatest event time applied, seconds since the epoch. */
  lastSec: 6,
} as const;

export const HEADER_WORDS = 7;
/** Words in a line of the cache. */
export const LINE_WORDS = 16;
const TWO_32 = 2 ** 32;

/** Reads a signed 64-bit integer of two words; exact up to 2^53. */
export const readInt64 = (words: Uint32Array, at: number): number => (words[at + 1] | 0) * TWO_32 + words[at];

/** Adds to a signed 64-bit integer of two words; exact while the sum stays below 2^53. */
export const addInt64 = (words: Uint32Array, at: number, delta: number): void => {
  const sum = readInt64(words, at) + delta;
  const high = Math.floor(sum / TWO_32);
  words[at] = sum - high * TWO_32;
  words[at + 1] = high;
};
