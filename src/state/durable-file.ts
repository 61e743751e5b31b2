import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Written beside and renamed, so that a crash leaves the file as it was or whole. Durable when it returns. */
export const writeDurably = (folder: string, name: string, text: string): void => {
  const file = join(folder, name);
  const fd = openSync(`${file}.new`, 'w');
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(`${file}.new`, file);
  syncDirectory(folder);
};

/** Makes the names in a directory durable. */
export const syncDirectory = (path: string): void => {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};
