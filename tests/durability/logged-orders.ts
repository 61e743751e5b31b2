import assert from 'node:assert/strict';
import { join } from 'node:path';
import { RecordReader } from '../../src/events/record.ts';
import type { EventLog } from '../../src/log/event-log.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { orderOfId } from './orders.ts';

/** The orders that a data directory's log holds, read from its file beside the service. */
export class LoggedOrders {
  /** Each once, however often it was sent. */
  readonly distinct = new Set<number>();
  /** Records: with those sent again. */
  records = 0;
  readonly #open: () => Promise<EventLog>;
  /** Offset after the last record seen, one a partition. */
  readonly #ends: number[] = [];

  /** @param open the log, where that is not the file of the data directory */
  constructor(dataDir: string, open = async (): Promise<EventLog> => SqliteLog.openReadOnly(join(dataDir, 'log.db'))) {
    this.#open = open;
  }

  /** Reads what has come since the last call. */
  async update(): Promise<void> {
    const log = await this.#open();
    const reader = new RecordReader();
    try {
      const ends = Array.from({ length: log.partitions }, (_, partition) => this.#ends[partition] ?? 0);
      for await (const group of log.read(ends)) {
        const { partition, firstOffset, count } = group;
        assert.equal(firstOffset, this.#ends[partition] ?? 0, 'a group in the log is whole and stays where it was');
        this.#ends[partition] = firstOffset + count;
        this.records += count;
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
