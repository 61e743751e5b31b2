import { existsSync } from 'node:fs';
import { BeckonError } from '../base/errors.ts';
import { definitionOfType } from '../events/catalogue.ts';
import { RecordReader } from '../events/record.ts';
import { SqliteLog } from '../log/sqlite-log.ts';
import { type PackSource, packSha256, packSourceOf, readPackSource } from '../packs/pack-source.ts';
import { type AppliedPack, readAppliedFiles, readAppliedPacks } from '../state/applied-packs.ts';
import { logPathOf, readMeta } from '../state/data-dir.ts';
import type { Config } from './config-schema.ts';
import { isOnKafka } from './kafka.ts';
import { openLog } from './open-log.ts';
import { packPartition } from './pack-changed.ts';

const PACK_CHANGED = definitionOfType('pack.changed')?.code;

/** Which pack a start, or a command that folds the log, has to use. */
export interface PackInForce {
  readonly source: PackSource;
  /** Undefined where it is that of the configured folder. */
  readonly applied: AppliedPack | undefined;
  /** What the list of applied packs should hold: changes that never happened, and those that the folder has overruled, mean nothing. */
  readonly list: readonly AppliedPack[];
}

/**
 * What was changed last: the configured folder, or the pack of the running service. A pack that was applied stays in force
 * as long as the folder holds what it held by then. Whether it was applied the log says: a change that a crash broke off
 * before its `pack.changed` was durable never happened.
 * @param configured what the folder holds now
 * @returns `source` is `configured` itself where that is in force
 * @throws BeckonError PACK_INVALID, FILE_UNREADABLE, and what the log throws
 */
export const packInForce = async (config: Config, configured = readPackSource(config.pack)): Promise<PackInForce> => {
  const { pack, dataDir } = config;
  const folderSha256 = packSha256(configured);
  const list = readAppliedPacks(dataDir);
  for (let applied = list.at(-1); applied !== undefined; list.pop(), applied = list.at(-1)) {
    if (!(await isLogged(config, applied))) continue;
    if (applied.folderSha256 !== folderSha256) break;
    const source = packSourceOf(pack, readAppliedFiles(dataDir, applied.sha256));
    if (packSha256(source) === applied.sha256) return { source, applied, list };
    throw new BeckonError(
      'FILE_UNREADABLE',
      `The applied pack ${applied.version} in ${dataDir} is damaged; restore it from a backup, or change the pack folder.`,
    );
  }
  return { source: configured, applied: undefined, list: [] };
};

const isLogged = async (config: Config, { sha256, fromOffset }: AppliedPack): Promise<boolean> => {
  const path = logPathOf(config.dataDir);
  const isShared = isOnKafka(config);
  if (!isShared && !existsSync(path)) return false;
  const log = isShared ? await openLog(config, path, 'follower') : SqliteLog.openReadOnly(path);
  try {
    const reader = new RecordReader();
    // Only the partition that it would be in.
    const from = [...log.ends()];
    const partition = isShared ? packPartition(readMeta(config.dataDir)?.pack ?? '') : 0;
    const start = log.starts[partition];
    from[partition] = Math.max(start, fromOffset);
    for await (const group of log.read(from)) {
      reader.reset(group.records);
      while (reader.next())
        if (reader.typeCode === PACK_CHANGED && !reader.isResidue && reader.data().sha256 === sha256) return true;
    }
    // Trimmed since: a start before that has taken changes off the list that never happened.
    return fromOffset < start;
  } finally {
    await log.close();
  }
};
