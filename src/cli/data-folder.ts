import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { embeddedLogOf, readMeta } from '../state/data-dir.ts';
import type { CommandArgs, CommandIo, CommandOption } from './command.ts';

/** Option of the commands that only read a log. */
export const LOG_OPTION: Record<string, CommandOption> = {
  log: { type: 'string', value: 'FILE', help: 'A copy of log.db to read instead of the data directory' },
};

/**
 * For commands that look and must not make a new directory.
 * @returns shards of the directory
 * @throws BeckonError FILE_UNREADABLE where there is none, and what `readMeta` throws
 */
export const existingShards = (dataDir: string): number => {
  const meta = readMeta(dataDir);
  if (meta === undefined) throw new BeckonError('FILE_UNREADABLE', `there is no data directory at ${dataDir}`);
  return meta.shards;
};

/** The log that `--log` names or that of the data directory, and its shards. @throws BeckonError FILE_UNREADABLE */
export const findLog = (args: CommandArgs, dataDir: string, io: CommandIo): { path: string; shards: number } => {
  const { log } = args.values;
  if (typeof log !== 'string') {
    const shards = existingShards(dataDir);
    return { path: embeddedLogOf(dataDir), shards };
  }
  const path = resolve(io.folder, log);
  if (!existsSync(path)) throw new BeckonError('FILE_UNREADABLE', `there is no log ${path}`);
  return { path, shards: LIMITS.shards };
};
