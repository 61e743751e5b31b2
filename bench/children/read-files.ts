/** The ceiling of a restart: the bytes of files in memory, and nothing done with them. */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { answerQuestions } from '../child-side.ts';

const PIECE_BYTES = 1024 * 1024;

/** Reads all files below a folder, each into new memory of its size. */
const read = (folder: string) => {
  const startCpu = process.cpuUsage();
  const startMs = performance.now();
  const kept: Buffer[] = [];
  for (const name of readdirSync(folder, { recursive: true }) as string[]) {
    const path = join(folder, name);
    const { size } = statSync(path);
    if (!statSync(path).isFile()) continue;
    const bytes = Buffer.allocUnsafeSlow(size);
    const file = openSync(path, 'r');
    for (let at = 0; at < size; ) at += readSync(file, bytes, at, Math.min(PIECE_BYTES, size - at), at);
    closeSync(file);
    kept.push(bytes);
  }
  const { user, system } = process.cpuUsage(startCpu);
  const bytes = kept.reduce((sum, { length }) => sum + length, 0);
  return { bytes, wallSec: (performance.now() - startMs) / 1000, cpuSec: (user + system) / 1e6 };
};

answerQuestions({ read });
