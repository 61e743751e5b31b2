import type { ColdCustomer } from '../features/cold-store.ts';
import { RowView } from '../features/row.ts';

/**
 * The bytes of a cold customer: ids and row each as one blob. A row of somebody with few events is mostly zero, so it is
 *
 *   one bit a word: is it not zero? | the words that are not
 *
 * and ids are, own id first: length (1 word of 16 bits) | bytes.
 */
const BITS = 32;

/** @returns 4 bytes a word that is not zero, and a bit a word */
export const packRow = (words: Uint32Array): Uint8Array => {
  const marks = Math.ceil(words.length / BITS);
  const packed = new Uint32Array(marks + words.length);
  let end = marks;
  for (let i = 0; i < words.length; i++) {
    if (words[i] === 0) continue;
    packed[i >>> 5] |= 1 << (i & 31);
    packed[end++] = words[i];
  }
  return new Uint8Array(packed.buffer, 0, end * 4);
};

/** @param rowWords words of the row */
export const unpackRow = (bytes: Uint8Array, rowWords: number): RowView => {
  const row = RowView.ofWords(rowWords);
  const { u32 } = row;
  // A blob that SQLite hands out begins where a buffer does.
  const packed = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  let next = Math.ceil(rowWords / BITS);
  for (let i = 0; i < rowWords; i++) if ((packed[i >>> 5] & (1 << (i & 31))) !== 0) u32[i] = packed[next++];
  return row;
};

export const packIds = ({ id, aliases }: ColdCustomer): Uint8Array => {
  const parts: Uint8Array[] = [];
  for (const bytes of [id, ...aliases]) parts.push(Uint8Array.of(bytes.length & 0xff, bytes.length >>> 8), bytes);
  return Buffer.concat(parts);
};

export const unpackIds = (packed: Uint8Array): Uint8Array[] => {
  const ids: Uint8Array[] = [];
  for (let at = 0; at < packed.length; ) {
    const start = at + 2;
    const end = start + packed[at] + packed[at + 1] * 256;
    ids.push(packed.subarray(start, end));
    at = end;
  }
  return ids;
};
