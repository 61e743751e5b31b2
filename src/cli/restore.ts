import { resolve } from 'node:path';
import { BeckonError } from '../base/errors.ts';
import { onlyFolder } from './backup.ts';
import type { Command } from './command.ts';
import { configOptions } from './config-options.ts';

export const command: Command = {
  usage: 'restore DIR [--until OFFSET] [options]',
  description: `Makes a data directory of the backup in DIR. The data directory must be empty or not there yet; where the command
fails, no service starts on it. Every group is verified, then the log is folded, and the state is printed as
beckon inspect state prints it. With --until only the events before that offset come back, as if no later one had come.`,
  options: {
    until: { type: 'string', value: 'OFFSET', help: 'Leave out the events from this log offset on' },
    ...configOptions(['dataDir', 'pack', 'clock']),
  },
  async run(args, io) {
    const folder = resolve(io.folder, onlyFolder(args, 'restore'));
    const until = readOffset(args.values.until as string | undefined);
    const { configOf } = await import('./folded-state.ts');
    const { loadPack } = await import('../packs/pack.ts');
    const { metaOf } = await import('../state/backup.ts');
    const { restore } = await import('../state/restore.ts');
    const { copyProgress } = await import('./copy-progress.ts');
    const { inspectState } = await import('./inspect-state.ts');
    const config = configOf(args, io);
    const { name } = loadPack(config.pack);
    const made = metaOf(folder).pack;
    if (made !== name)
      throw new BeckonError(
        'CONFIG_INVALID',
        `The backup ${folder} is of the pack \`${made}\`, but the pack \`${name}\` is configured.`,
      );
    const progress = copyProgress(io);
    try {
      await restore(folder, config.dataDir, until, progress);
    } finally {
      progress.stop();
    }
    const state = await inspectState('', args, io);
    io.stdout.write(`${JSON.stringify(state, undefined, io.stdout.isTTY === true ? 2 : undefined)}\n`);
    return 0;
  },
};

const readOffset = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const offset = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(offset))
    throw new BeckonError('USAGE', `--until must be an offset of the log such as 1200, not ${text}`);
  return offset;
};
