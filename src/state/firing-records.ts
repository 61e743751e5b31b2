import { measures } from '../base/measures.ts';
import { type Chunk, RecordWriter } from '../events/record.ts';
import type { Firing } from './trigger-watch.ts';

/**
 * Firings as events for the log: they happen at the second of the crossing. A crossing names its event, so that it cannot
 * count twice while the id is remembered.
 */
export const firingRecords = (firings: readonly Firing[], logTimeMs: number): Chunk => {
  const records = new RecordWriter();
  for (const { customer, name, sec } of firings) {
    records.write({
      type: 'trigger.fired',
      source: 'beckon',
      id: `${name}@${sec}`,
      subject: customer,
      timeMs: sec * 1000,
      data: { name },
      extensions: undefined,
    });
    measures.firing.publish({ name, lateMs: Math.max(0, logTimeMs - sec * 1000) });
  }
  return records.chunk();
};
