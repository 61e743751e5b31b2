import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { BeckonError } from '../../base/errors.ts';

/** A file as text in pieces, unpacked where it is gzipped. */
export interface TextFile {
  readonly path: string;
  /** Size on disk. */
  readonly bytes: number;
  /** Bytes of the file (not of its text) that have been read so far. */
  bytesRead(): number;
  /** The unpacked bytes; a piece holds until the next is asked for. The file can be read once, as bytes or as text. */
  pieces(): AsyncIterable<Uint8Array>;
  /** Bytes that do not fit the encoding become U+FFFD: publishers' files have Latin-1 in columns that nobody reads. */
  chunks(): AsyncIterable<string>;
}

const READ_BYTES = 1024 * 1024;
const unreadable = (path: string, error: unknown): BeckonError =>
  new BeckonError('FILE_UNREADABLE', `${path}: ${(error as Error).message}`, { cause: error });

/**
 * @param encoding a name that `TextDecoder` knows
 * @throws BeckonError FILE_UNREADABLE here where the file cannot be opened, and while reading where it is damaged
 */
export const openText = async (path: string, encoding = 'utf-8'): Promise<TextFile> => {
  const head = Buffer.alloc(2);
  let bytes: number;
  try {
    const handle = await open(path);
    try {
      bytes = (await handle.stat()).size;
      await handle.read(head, 0, 2, 0);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  const gzipped = head[0] === 0x1f && head[1] === 0x8b;
  let source: { readonly bytesRead: number } = { bytesRead: 0 };
  const plain = async function* (): AsyncGenerator<Uint8Array> {
    const handle = await open(path);
    try {
      // The same memory again and again: fresh pages for each piece would cost as much as reading what they hold.
      const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
      for (let length = -1; length !== 0; ) {
        ({ bytesRead: length } = await handle.read(buffer, 0, READ_BYTES, null));
        source = { bytesRead: source.bytesRead + length };
        yield buffer.subarray(0, length);
      }
    } finally {
      await handle.close();
    }
  };
  const unpacked = async function* (): AsyncGenerator<Uint8Array> {
    const file = createReadStream(path, { highWaterMark: READ_BYTES });
    source = file;
    try {
      for await (const piece of pipeErrors(file, createGunzip({ chunkSize: READ_BYTES }))) yield piece as Buffer;
    } finally {
      file.destroy();
    }
  };
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* gzipped ? unpacked() : plain();
    } catch (error) {
      throw unreadable(path, error);
    }
  };
  return {
    path,
    bytes,
    bytesRead: () => source.bytesRead,
    pieces,
    chunks: async function* () {
      const decoder = new TextDecoder(encoding);
      for await (const piece of pieces()) yield decoder.decode(piece, { stream: true });
      yield decoder.decode();
    },
  };
};

/** `pipe` does not pass errors on; without this a read error would leave the reader waiting. */
const pipeErrors = (from: ReturnType<typeof createReadStream>, to: ReturnType<typeof createGunzip>) => {
  from.on('error', (error) => to.destroy(error));
  return from.pipe(to);
};
