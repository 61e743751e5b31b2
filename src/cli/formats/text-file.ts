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
  const file = createReadStream(path, { highWaterMark: READ_BYTES });
  return {
    path,
    bytes,
    bytesRead: () => file.bytesRead,
    chunks: async function* () {
      const decoder = new TextDecoder(encoding);
      try {
        const source = gzipped ? pipeErrors(file, createGunzip({ chunkSize: READ_BYTES })) : file;
        for await (const chunk of source) yield decoder.decode(chunk as Buffer, { stream: true });
      } catch (error) {
        throw unreadable(path, error);
      } finally {
        file.destroy();
      }
      yield decoder.decode();
    },
  };
};

/** `pipe` does not pass errors on; without this a read error would leave the reader waiting. */
const pipeErrors = (from: ReturnType<typeof createReadStream>, to: ReturnType<typeof createGunzip>) => {
  from.on('error', (error) => to.destroy(error));
  return from.pipe(to);
};
