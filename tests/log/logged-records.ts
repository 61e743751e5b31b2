import { RecordReader, RecordWriter } from '../../src/events/record.ts';
import type { AppendGroup, LogGroup } from '../../src/log/event-log.ts';

/** A record by its place. */
interface LoggedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly record: string;
}

/** What groups hold, whatever groups they are. */
export const recordsOf = (groups: readonly LogGroup[]): LoggedRecord[] =>
  groups.flatMap(({ partition, firstOffset, records }) => {
    const reader = new RecordReader(records);
    const found: LoggedRecord[] = [];
    for (let i = 0; reader.next(); i++) {
      const record = Buffer.from(records.subarray(reader.recordStart, reader.recordEnd)).toString('base64');
      found.push({ partition, offset: firstOffset + i, record });
    }
    return found;
  });

const EXTENSION_BYTES = 900;
const FIRST_MS = Date.UTC(2025, 0, 1);

/** A group of events of one customer, each with its number in it, of about these bytes where an event can have so few. */
export const eventGroupAt = (firstOffset: number, count: number, bytes: number, logTimeMs = 1000): AppendGroup => {
  const records = new RecordWriter();
  const padding = Math.min(EXTENSION_BYTES, Math.floor(bytes / Math.max(1, count)));
  for (let i = 0; i < count; i++)
    records.write({
      type: 'order.placed',
      source: '/shop',
      id: `order-${firstOffset + i}`,
      subject: 'C-1',
      timeMs: FIRST_MS + firstOffset + i,
      data: { orderId: `${firstOffset + i}`, amount: i + 0.25 },
      extensions: { padding: 'x'.repeat(padding) },
    });
  return { records: new Uint8Array(records.bytes()), count, logTimeMs };
};
