import { RecordReader } from '../events/record.ts';
import type { AppendGroup, EventLog } from '../log/event-log.ts';
import { firingRecords } from './firing-records.ts';
import type { Status } from './status.ts';
import type { TriggerWatch } from './trigger-watch.ts';

/** Appends a group and applies it. @returns 1 for each record that was not applied, because it was known */
type Append = (group: AppendGroup) => Promise<Uint8Array>;

/** Puts firings into the log where they belong: after all that came before their second, and before all that comes later. */
export class TriggerClock {
  private readonly log: EventLog;
  private readonly status: Status;
  private readonly watch: TriggerWatch;
  private readonly write: Append;

  constructor(log: EventLog, status: Status, watch: TriggerWatch, write: Append) {
    this.log = log;
    this.status = status;
    this.watch = watch;
    this.write = write;
  }

  /**
   * Logs and applies triggers that fire by now, some at a time.
   * @param nowMs the wall clock; undefined on the log's, on which each fires at its own second
   * @returns how many did; 0 where none is left
   */
  fire(nowMs: number | undefined): Promise<number> {
    return this.fireUntil(Math.floor((nowMs ?? this.status.logNowMs) / 1000), nowMs);
  }

  /** Appends events and, ahead of them, what fires by then. @returns as {@link Append}, of the events */
  async append(group: AppendGroup, nowMs: number | undefined): Promise<Uint8Array> {
    if (nowMs === undefined) return this.appendInTime(group);
    const nowSec = Math.floor(nowMs / 1000);
    const { records, count, logTimeMs } = group;
    const ahead = firingRecords(this.watch.due(nowSec, nowSec), logTimeMs);
    if (ahead.count === 0) return this.write(group);
    const all = { records: Buffer.concat([ahead.records, records]), count: ahead.count + count, logTimeMs };
    return (await this.write(all)).subarray(ahead.count);
  }

  private async fireUntil(untilSec: number, nowMs: number | undefined): Promise<number> {
    const firings = nowMs === undefined ? this.watch.due(untilSec) : this.watch.due(untilSec, untilSec);
    if (firings.length === 0) return 0;
    const ownMs = nowMs ?? 1000 * firings.reduce((latest, { sec }) => Math.max(latest, sec), 0);
    const logTimeMs = Math.max(this.log.lastLogTimeMs(), ownMs);
    const { records, count } = firingRecords(firings, logTimeMs);
    await this.write({ records, count, logTimeMs });
    return count;
  }

  /**
   * Events move the log's clock themselves: whatever fires up to the time of an event does so before it, and a customer is in
   * a group once, so that what one event starts can fire before the next.
   */
  private async appendInTime({ records, count }: AppendGroup): Promise<Uint8Array> {
    const duplicates = new Uint8Array(count);
    const subjects = new Set<string>();
    const reader = new RecordReader(records);
    let firstByte = 0;
    let first = 0;
    let timeMs = this.status.logNowMs;
    const close = async (end: number, next: number): Promise<void> => {
      if (next === first) return;
      const group = { records: records.subarray(firstByte, end), count: next - first };
      const logTimeMs = Math.max(this.log.lastLogTimeMs(), timeMs);
      duplicates.set(await this.write({ ...group, logTimeMs }), first);
      subjects.clear();
      firstByte = end;
      first = next;
    };
    while ((await this.fire(undefined)) > 0);
    for (let i = 0; reader.next(); i++) {
      const ownMs = Number.isNaN(reader.timeMs) ? timeMs : Math.max(timeMs, reader.timeMs);
      const subject = reader.subject();
      const sec = Math.floor(ownMs / 1000);
      if (subjects.has(subject) || this.watch.isDue(sec)) {
        await close(reader.recordStart, i);
        while ((await this.fireUntil(sec, undefined)) > 0);
      }
      subjects.add(subject);
      timeMs = ownMs;
    }
    await close(records.length, count);
    return duplicates;
  }
}
