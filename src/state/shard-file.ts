import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Stretch } from '../features/shard.ts';

/**
 * The file of one shard in a checkpoint:
 * ```
 *   block | block | … | table: first word, words, CRC-32 of each block
 * ```
 * Words are as they stand in memory (little-endian). A block is at most 1 MiB; memory that holds nothing but zeros is
 * left out. What the manifest says of the table makes the whole file checked.
 */
export interface ShardFile {
  readonly name: string;
  readonly bytes: number;
  readonly blocks: number;
  /** CRC-32 of the table. */
  readonly checksum: number;
}

const WORD_BYTES = 4;
const BLOCK_WORDS = 262_144;
/** Zeros are looked for in pieces of this size: a page of the operating system that was never written. */
const PIECE_BYTES = 4096;
const ZEROS = Buffer.alloc(PIECE_BYTES);
const ENTRY_WORDS = 3;

/**
 * More would let a commit of the log wait for it: file systems write the new blocks of all files before they end a sync
 * of one.
 */
const UNSYNCED_BLOCKS_MAX = 4;

/** Fills `into` with words of a shard from a word on. */
export type ReadWords = (from: number, into: Uint32Array) => void;

/** Writes a file and syncs it; its name is durable once the folder is. @throws Error of the file system */
export const writeShardFile = (
  path: string,
  name: string,
  stretches: readonly Stretch[],
  read: ReadWords,
): ShardFile => {
  const fd = openSync(path, 'wx');
  try {
    const words = new Uint32Array(BLOCK_WORDS);
    const bytes = new Uint8Array(words.buffer);
    const table: number[] = [];
    let at = 0;
    for (const [from, end] of stretches)
      for (let first = from; first < end; first += BLOCK_WORDS) {
        const count = Math.min(BLOCK_WORDS, end - first);
        read(first, words.subarray(0, count));
        for (const [start, stop] of written(bytes.subarray(0, count * WORD_BYTES))) {
          const block = bytes.subarray(start, stop);
          table.push(first + start / WORD_BYTES, block.length / WORD_BYTES, crc32(block));
          at += writeFully(fd, block);
          if ((table.length / ENTRY_WORDS) % UNSYNCED_BLOCKS_MAX === 0) fdatasyncSync(fd);
        }
      }
    const entries = new Uint8Array(Uint32Array.from(table).buffer);
    at += writeFully(fd, entries);
    fdatasyncSync(fd);
    return { name, bytes: at, blocks: table.length / ENTRY_WORDS, checksum: crc32(entries) };
  } finally {
    closeSync(fd);
  }
};

/** First and last byte (exclusive) of the parts that are not zero. */
function* written(bytes: Uint8Array): Generator<readonly [start: number, stop: number]> {
  let start = -1;
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const piece = bytes.subarray(at, at + PIECE_BYTES);
    const isZero = ZEROS.subarray(0, piece.length).equals(piece);
    if (!isZero && start < 0) start = at;
    if (!isZero || start < 0) continue;
    yield [start, at];
    start = -1;
  }
  if (start >= 0) yield [start, bytes.length];
}

const writeFully = (fd: number, data: Uint8Array): number => {
  for (let done = 0; done < data.length; ) done += writeSync(fd, data, done);
  return data.length;
};

/**
 * Reads a file block by block and holds it against its checksums.
 * @param place where so many words go that stood at a word of the shard's memory
 * @throws Error where the file is missing, cut or damaged: what was placed may then hold anything
 */
export const readShardFile = (
  path: string,
  file: ShardFile,
  place: (from: number, words: number) => Uint8Array,
): void => {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    if (size !== file.bytes) throw new Error(`${file.name} has ${size} bytes instead of ${file.bytes}`);
    const table = new Uint32Array(file.blocks * ENTRY_WORDS);
    const entries = new Uint8Array(table.buffer);
    readFully(fd, entries, size - entries.length);
    if (crc32(entries) !== file.checksum) throw damaged(file);
    let at = 0;
    for (let i = 0; i < table.length; i += ENTRY_WORDS) {
      const block = place(table[i], table[i + 1]);
      readFully(fd, block, at);
      if (crc32(block) !== table[i + 2]) throw damaged(file);
      at += block.length;
    }
  } finally {
    closeSync(fd);
  }
};

const damaged = ({ name }: ShardFile): Error => new Error(`${name} does not match its checksum`);

const readFully = (fd: number, into: Uint8Array, position: number): void => {
  for (let done = 0; done < into.length; ) {
    const read = readSync(fd, into, done, into.length - done, position + done);
    if (read === 0) throw new Error('the file ends too early');
    done += read;
  }
};
