import { resolve } from 'node:path';
import { formatTime } from '../base/clock.ts';
import { BeckonError } from '../base/errors.ts';
import type { Command, CommandArgs } from './command.ts';
import { configOptions } from './config-options.ts';

export const command: Command = {
  usage: 'backup DIR [options]',
  description: `Copies the log of the data directory and what it was made with into DIR, which must be empty or not there yet. A
service may run on the data directory: the copy is its log of one moment, with everything that was acknowledged before
the command began. Every group is verified, all of it is synced, and only then DIR gets its name.

Prints as JSON what was copied; beckon restore brings it back.`,
  options: configOptions(['dataDir']),
  async run(args, io) {
    const folder = resolve(io.folder, onlyFolder(args, 'backup'));
    const { configOf } = await import('./folded-state.ts');
    const { backUp } = await import('../state/backup.ts');
    const { copyProgress } = await import('./copy-progress.ts');
    const { dataDir } = configOf(args, io);
    const progress = copyProgress(io);
    try {
      const { groups, records, lastLogTimeMs } = await backUp(dataDir, folder, progress);
      progress.stop();
      const logTime = records === 0 ? {} : { logTime: formatTime(lastLogTimeMs) };
      const told = { backup: folder, groups, events: records, logOffset: records - 1, ...logTime };
      io.stdout.write(`${JSON.stringify(told, undefined, io.stdout.isTTY === true ? 2 : undefined)}\n`);
    } finally {
      progress.stop();
    }
    return 0;
  },
};

/** The one folder that a command is about. @throws BeckonError USAGE */
export const onlyFolder = ({ positionals }: CommandArgs, name: string): string => {
  if (positionals.length === 1) return positionals[0];
  throw new BeckonError('USAGE', positionals.length === 0 ? `${name} needs a DIR` : `${name} takes one DIR only`);
};
