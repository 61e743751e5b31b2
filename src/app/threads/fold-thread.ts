import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { setLimits } from '../../base/limits.ts';
import { ItemChanges, type ToldItems } from '../../features/item-changes.ts';
import { SqliteLog } from '../../log/sqlite-log.ts';
import { compilePack } from '../../packs/pack.ts';
import type { PackSource } from '../../packs/pack-source.ts';
import { deadLettersPathOf, logPathOf } from '../../state/data-dir.ts';
import { DeadLetters } from '../../state/dead-letters.ts';
import { Writer } from '../../state/writer.ts';
import type { Config } from '../config-schema.ts';
import { isOnKafka } from '../kafka.ts';
import { openLog } from '../open-log.ts';
import { dedupeWindows, openColdDatabase, type StateMemory, viewState } from '../shared-state.ts';
import { Link } from './link.ts';

/**
 * Folds the log of a running service into another state, for another pack. How far it is stands in that state's status.
 * It only reads the log, and ends when it is told to or terminated.
 */
export interface FoldThreadData {
  readonly config: Config;
  readonly source: PackSource;
  /** Empty, and nobody else's yet. */
  readonly memory: StateMemory;
}

const { config, source, memory } = workerData as FoldThreadData;
setLimits(config.limits);
const pack = compilePack(source);
const view = viewState(pack, memory);
const { plan } = pack;
const itemChanges = new ItemChanges(plan.declaredItems, plan.askedOfItems);
const dedupe = dedupeWindows(pack, view.tables);
const cold = openColdDatabase(pack, view);

const port = parentPort as MessagePort;
new Link(port, {
  /** Folds what the log holds now and the state does not. @returns what it has told of items so far */
  async fold(): Promise<ToldItems> {
    const deadLetters = new DeadLetters(deadLettersPathOf(config.dataDir));
    const path = logPathOf(config.dataDir);
    const log = isOnKafka(config) ? await openLog(config, path, 'follower') : SqliteLog.openReadOnly(path);
    try {
      const parts = { log, plan, ...view, cold, dedupe, itemChanges, deadLetters };
      await new Writer({ ...parts, stopwatchMs: () => 0 }).recover();
      cold?.commit();
      return itemChanges.told;
    } finally {
      await log.close();
      deadLetters.close();
    }
  },
  /** @param isTaken whether the state is somebody else's now */
  stop(isTaken: boolean) {
    if (isTaken) cold?.handOver();
    else cold?.close();
    port.unref();
  },
});
