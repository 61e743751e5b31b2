import { closeSync, openSync, readSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { syncFile } from '../log/log-copy.ts';

/** The rows that had no room, in a checkpoint: a SQLite database. */
export interface ColdFile {
  readonly name: string;
  readonly bytes: number;
  /** CRC-32 of all of it. */
  readonly checksum: number;
}

const NAME = 'cold.db';
const BLOCK_BYTES = 1024 * 1024;

/** Where a copy goes before its checkpoint has a folder; removed with what a crash leaves of a checkpoint. */
export const coldPartOf = (checkpointsFolder: string): string => join(checkpointsFolder, `${NAME}.part`);

/** Moves a copy into the folder of its checkpoint and syncs it. @throws Error of the file system */
export const keepColdFile = (from: string, folder: string): ColdFile => {
  const path = join(folder, NAME);
  renameSync(from, path);
  syncFile(path);
  return { name: NAME, ...sumOf(path) };
};

/** @throws Error where the file is missing, cut or damaged */
export const verifyColdFile = (folder: string, { name, bytes, checksum }: ColdFile): void => {
  const found = sumOf(join(folder, name));
  if (found.bytes !== bytes) throw new Error(`${name} has ${found.bytes} bytes instead of ${bytes}`);
  if (found.checksum !== checksum) throw new Error(`${name} does not match its checksum`);
};

const sumOf = (path: string): Omit<ColdFile, 'name'> => {
  const fd = openSync(path, 'r');
  try {
    const block = new Uint8Array(BLOCK_BYTES);
    let bytes = 0;
    let checksum = 0;
    for (let read = readSync(fd, block); read > 0; read = readSync(fd, block)) {
      bytes += read;
      checksum = crc32(block.subarray(0, read), checksum);
    }
    return { bytes, checksum };
  } finally {
    closeSync(fd);
  }
};
