import { isOnKafka } from '../app/kafka.ts';
import { openLog } from '../app/open-log.ts';
import { packInForce } from '../app/pack-in-force.ts';
import { stateLayout } from '../app/state-layout.ts';
import { formatTime } from '../base/clock.ts';
import { setLimits } from '../base/limits.ts';
import { SqliteLog } from '../log/sqlite-log.ts';
import { compilePack } from '../packs/pack.ts';
import { usable, verifyCheckpoint } from '../state/checkpoint.ts';
import { CheckpointStore, recordsOf } from '../state/checkpoint-store.ts';
import { logPathOf } from '../state/data-dir.ts';
import { existingShards } from './data-folder.ts';
import { configOf } from './folded-state.ts';
import type { Inspection } from './inspection.ts';

/** The checkpoints of a data directory, newest first, each held against its checksums; a service may run on it. */
export const inspectCheckpoints: Inspection = async (_, args, io) => {
  const config = configOf(args, io);
  existingShards(config.dataDir);
  setLimits(config.limits);
  const layout = stateLayout(compilePack((await packInForce(config)).source));
  const path = logPathOf(config.dataDir);
  const log = isOnKafka(config) ? await openLog(config, path, 'command') : SqliteLog.openReadOnly(path);
  try {
    const found: Record<string, unknown>[] = [];
    for (const generation of new CheckpointStore(config.dataDir).list()) {
      const { number, checkpoint } = generation;
      const facts = checkpoint && {
        logOffset: recordsOf(checkpoint) - 1,
        logTime: formatTime(Math.max(...checkpoint.logTimesMs)),
        bytes: checkpoint.shards.reduce((sum, { bytes }) => sum + bytes, 0),
      };
      const why = await problemOf(async () => verifyCheckpoint(generation, await usable(generation, { log, layout })));
      found.push({ checkpoint: number, ...facts, usable: why === undefined, ...(why === undefined ? {} : { why }) });
    }
    return found;
  } finally {
    await log.close();
  }
};

const problemOf = async (work: () => Promise<void>): Promise<string | undefined> => {
  try {
    await work();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};
