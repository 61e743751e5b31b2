import { dedupeWindows, makeStateMemory, viewState } from '../../src/app/shared-state.ts';
import { type StateFacts, stateFacts } from '../../src/app/state-facts.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { RecordReader } from '../../src/events/record.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { loadPack } from '../../src/packs/pack.ts';
import { Writer } from '../../src/state/writer.ts';

/** The state after the first records of a log, folded one by one and not in their groups. */
export const stateAfter = async (logPath: string, packFolder: string, records: number): Promise<StateFacts> => {
  const pack = loadPack(packFolder);
  const view = viewState(pack, makeStateMemory(pack, LIMITS.shards));
  const log = new MemoryLog();
  const source = SqliteLog.openReadOnly(logPath);
  const reader = new RecordReader();
  for await (const group of source.read([0])) {
    reader.reset(group.records);
    while (reader.next() && log.ends()[0] < records) {
      const record = group.records.subarray(reader.recordStart, reader.recordEnd);
      await log.append({ records: record, count: 1, logTimeMs: group.logTimeMs });
    }
  }
  await source.close();
  const dedupe = dedupeWindows(pack, view.tables);
  await new Writer({ log, plan: pack.plan, ...view, dedupe, stopwatchMs: () => 0 }).recover();
  return stateFacts(pack, view, undefined);
};
