import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { endedChildrenCpuSec } from './cpu-time.ts';
import { pinned } from './placement.ts';
import { MAIN } from './service.ts';

export interface Ran {
  readonly stdout: string;
  readonly wallSec: number;
  readonly cpuSec: number;
}

/** Runs `beckon` to its end on a core. No other child may end meanwhile. @throws where it fails */
export const runCommand = async (args: readonly string[], core: number | undefined): Promise<Ran> => {
  const startCpuSec = endedChildrenCpuSec();
  const startMs = performance.now();
  const [file, all] = pinned(core, [process.execPath, MAIN, ...args]);
  const child = spawn(file, all, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`beckon ${args[0]} ended with ${code}: ${stdout}`);
  return { stdout, wallSec: (performance.now() - startMs) / 1000, cpuSec: endedChildrenCpuSec() - startCpuSec };
};
