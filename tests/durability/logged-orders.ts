import assert from 'node:assert/strict';
import { join } from 'node:path';
import { RecordReader } from '../../src/events/record.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { orderOfId } from './orders.ts';

/** The orders that a data directory's log holds, read from its file beside the service. */
export class LoggedOrders {
  /** Each once, however often it was sent. */
  readonly distinct = new Set<number>();
  /** Records: with those sent again. */
  records = 0;
  readonly #path: string;

  constructor(dataDir: string) {
    this.#path = join(dataDir, 'log.db');
  }

  /** Reads what has come since the last call. */
  async update(): Promise<void> {
    const log = SqliteLog.openReadOnly(this.#path);
    const reader = new RecordReader();
    try {
      for await (const group of log.read([this.records])) {
        assert.equal(group.firstOffset, this.records, 'a group in the log is whole and stays where it was');
        this.records += group.count;
        reader.reset(group.records);
        while (reader.next()) this.distinct.add(orderOfId(idIn(reader)));
      }
    } finally {
      await log.close();
    }
  }
}

const idIn = ({ bytes, sourceEnd, idEnd }: RecordReader): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + sourceEnd, idEnd - sourceEnd).toString();
