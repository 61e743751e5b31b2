import { randomUUID } from 'node:crypto';
import { type Chunk, RecordWriter } from '../../events/record.ts';
import type { Pack } from '../../packs/pack.ts';

/** The one event of a change of the pack; with it the change has happened. */
export const packChanged = ({ name, version, sha256 }: Pack): Chunk => {
  const records = new RecordWriter();
  records.write({
    type: 'pack.changed',
    source: 'beckon',
    id: randomUUID(),
    subject: `pack:${name}`,
    timeMs: Number.NaN,
    data: { name, version, sha256 },
    extensions: undefined,
  });
  return records.chunk();
};
