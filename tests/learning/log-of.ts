import type { Event } from '../../src/events/event.ts';
import { RecordWriter } from '../../src/events/record.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';

/** Events that were appended together. */
export interface Group {
  readonly logTimeMs: number;
  readonly events: readonly Event[];
}

/** A log in memory with these groups. */
export const logOf = async (groups: readonly Group[]): Promise<MemoryLog> => {
  const log = new MemoryLog();
  const records = new RecordWriter();
  for (const { logTimeMs, events } of groups) {
    records.reset();
    for (const event of events) records.write(event);
    await log.append({ records: records.bytes(), count: records.count, logTimeMs });
  }
  return log;
};
