import { randomUUID } from 'node:crypto';
import { shardOf } from '../base/hash.ts';
import { LIMITS } from '../base/limits.ts';
import { type Chunk, RecordWriter } from '../events/record.ts';
import type { Pack } from '../packs/pack.ts';

/** The one event of a change of the pack; with it the change has happened. */
export const packChanged = ({ name, version, sha256 }: Pack): Chunk => {
  const records = new RecordWriter();
  records.write({
    type: 'pack.changed',
    source: 'beckon',
    id: randomUUID(),
    subject: packSubject(name),
    timeMs: Number.NaN,
    data: { name, version, sha256 },
    extensions: undefined,
  });
  return records.chunk();
};

/** Where a log with partitions keeps the events about a pack. */
export const packPartition = (name: string): number => {
  const subject = Buffer.from(packSubject(name));
  return shardOf(subject, 0, subject.length, LIMITS.shards);
};

const packSubject = (name: string): string => `pack:${name}`;
