import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { endedChildrenCpuSec } from './cpu-time.ts';
import { pinned } from './placement.ts';
import { MAIN } from './service.ts';

export interface Replayed {
  readonly accepted: number;
  readonly wallSec: number;
  readonly cpuSec: number;
}

/** Runs `beckon replay` of a file of events into a data directory, which is made. No other child may end meanwhile. */
export const replayFile = async (path: string, dataDir: string, core: number | undefined): Promise<Replayed> => {
  const startCpuSec = endedChildrenCpuSec();
  const startMs = performance.now();
  const [file, args] = pinned(core, [process.execPath, MAIN, 'replay', path]);
  const child = spawn(file, [...args, '--format', 'cloudevents', '--data-dir', dataDir], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [report, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`beckon replay ended with ${code}: ${report}`);
  return {
    accepted: Number(/^accepted\s+(\d+)$/m.exec(report)?.[1]),
    wallSec: (performance.now() - startMs) / 1000,
    cpuSec: endedChildrenCpuSec() - startCpuSec,
  };
};
