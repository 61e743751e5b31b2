import { runCommand } from './run-command.ts';

export interface Replayed {
  readonly accepted: number;
  readonly wallSec: number;
  readonly cpuSec: number;
}

/** Runs `beckon replay` of a file of events into a data directory, which is made. No other child may end meanwhile. */
export const replayFile = async (path: string, dataDir: string, core: number | undefined): Promise<Replayed> => {
  const args = ['replay', path, '--format', 'cloudevents', '--data-dir', dataDir];
  const { stdout, wallSec, cpuSec } = await runCommand(args, core);
  return { accepted: Number(/^accepted\s+(\d+)$/m.exec(stdout)?.[1]), wallSec, cpuSec };
};
