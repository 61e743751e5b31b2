import type { Event } from '../events/event.ts';
import type { RecordWriter } from '../events/record.ts';

/** What became of submitted events; the three add up to their number. */
export interface SubmitOutcome {
  readonly accepted: number;
  readonly duplicates: number;
  /** By code. */
  readonly rejected: Readonly<Record<string, number>>;
}

/** What became of both. */
export const sumOf = (a: SubmitOutcome, b: SubmitOutcome): SubmitOutcome => {
  const rejected: Record<string, number> = { ...a.rejected };
  for (const [code, count] of Object.entries(b.rejected)) rejected[code] = (rejected[code] ?? 0) + count;
  return { accepted: a.accepted + b.accepted, duplicates: a.duplicates + b.duplicates, rejected };
};

/** Where a replay goes: the writer of this process, or a service over HTTP. */
export interface ReplaySink {
  /** Events of one call at most. */
  readonly batchEventsMax: number;
  /** Calls that may be under way at once. A customer's events always go one call after another. */
  readonly inFlightMax: number;
  /** Resolves when the events are durable. */
  submit(events: readonly Event[]): Promise<SubmitOutcome>;
  /** As {@link submit}, of events that are records already; absent where the sink takes none. */
  submitRecords?(records: RecordWriter): Promise<SubmitOutcome>;
  close(): Promise<void>;
}
