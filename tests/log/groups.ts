import type { AppendGroup, EventLog, LogGroup } from '../../src/log/event-log.ts';

/** Bytes that only this offset has, so that a group in a wrong place, or half of one, is seen. */
export const recordsAt = (firstOffset: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  let state = firstOffset + 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
};

export const groupAt = (firstOffset: number, count: number, bytes: number, logTimeMs = 1000): AppendGroup => ({
  records: recordsAt(firstOffset, bytes),
  count,
  logTimeMs,
});

/** Everything that the log gives from an offset on. */
export const readAll = async (log: EventLog, from = 0): Promise<LogGroup[]> => {
  const groups: LogGroup[] = [];
  // Partitions without a record have no offset to begin at.
  const starts = log.isShared ? log.ends().map((end) => Math.min(from, end)) : [from];
  for await (const group of log.read(starts)) groups.push(group);
  return groups;
};

/** Appends groups of the given counts, each record of 10 bytes, and gives them as a reader should see them. */
export const appendCounts = async (log: EventLog, counts: readonly number[], make = groupAt): Promise<LogGroup[]> => {
  const groups: LogGroup[] = [];
  for (const count of counts) {
    const group = make(Math.max(...log.ends()), count, count * 10, log.lastLogTimeMs() + (count % 3));
    groups.push({ ...group, ...(await log.append(group)) });
  }
  return groups;
};
