import { formatTime } from '../base/clock.ts';
import { RecordReader } from '../events/record.ts';
import { SqliteLog } from '../log/sqlite-log.ts';
import { findLog } from './data-folder.ts';
import { configOf } from './folded-state.ts';
import type { Inspection } from './inspection.ts';
import { startProgress } from './progress.ts';

/** What a log holds, by reading all of it. Every checksum is verified on the way; a service may run on it. */
export const inspectLog: Inspection = async (_, args, io) => {
  const { path } = findLog(args, configOf(args, io).dataDir, io);
  const log = SqliteLog.openReadOnly(path);
  const [end] = log.ends();
  const progress = startProgress(io, 'reading the log', end, 'events');
  const facts = new LogFacts();
  try {
    for await (const group of log.read(log.starts)) {
      facts.add(group.records, group.logTimeMs);
      progress.update(group.firstOffset + group.count, group.firstOffset + group.count);
    }
    return facts.shown(log.starts[0], end);
  } finally {
    progress.stop();
    await log.close();
  }
};

class LogFacts {
  private groups = 0;
  private bytes = 0;
  private readonly logMs = new Span();
  private readonly eventMs = new Span();
  private readonly byType = new Map<string, number>();
  private readonly reader = new RecordReader();

  add(records: Uint8Array, logTimeMs: number): void {
    const { reader, byType } = this;
    this.groups++;
    this.bytes += records.length;
    this.logMs.add(logTimeMs);
    reader.reset(records);
    while (reader.next()) {
      this.eventMs.add(Number.isNaN(reader.timeMs) ? logTimeMs : reader.timeMs);
      const type = reader.type();
      byType.set(type, (byType.get(type) ?? 0) + 1);
    }
  }

  /** @param start offset of the first event @param end offset after the last one */
  shown(start: number, end: number): Record<string, unknown> {
    return {
      groups: this.groups,
      events: end - start,
      bytes: this.bytes,
      ...(end === 0 ? {} : { firstOffset: start, lastOffset: end - 1 }),
      ...(end === 0 ? {} : { logTime: this.logMs.shown(), eventTime: this.eventMs.shown() }),
      byType: Object.fromEntries([...this.byType].sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  }
}

/** Least and greatest of some times. */
class Span {
  private firstMs = Number.POSITIVE_INFINITY;
  private lastMs = Number.NEGATIVE_INFINITY;

  add(timeMs: number): void {
    if (timeMs < this.firstMs) this.firstMs = timeMs;
    if (timeMs > this.lastMs) this.lastMs = timeMs;
  }

  shown(): { first: string; last: string } {
    return { first: formatTime(this.firstMs), last: formatTime(this.lastMs) };
  }
}
