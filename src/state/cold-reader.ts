import { LRUCache } from 'lru-cache';
import { LIMITS } from '../base/limits.ts';
import { measures } from '../base/measures.ts';
import type { ColdCustomer, ColdRows } from '../features/cold-store.ts';
import { type Database, openDatabase, type Statement } from '../log/sqlite.ts';
import { type ColdRecord, coldCustomerOf, FIND_COLD } from './cold-database.ts';

/** Reads only wait for the moment in which a write-ahead log begins anew. */
const LOCK_TIMEOUT_MS = 1000;

interface Remembered {
  readonly stamp: number;
  readonly customer: ColdCustomer;
}

const READ = { isRemembered: false } as const;
const REMEMBERED = { isRemembered: true } as const;

/** One thread's way to the rows that are not in memory: a connection of its own, and the rows asked for last. */
export class ColdReader implements ColdRows {
  private readonly rowWords: number;
  private readonly db: Database;
  private readonly findRecord: Statement;
  private readonly remembered: LRUCache<string, Remembered>;

  /** @param path of a database that the writer has made */
  constructor(path: string, rowWords: number) {
    this.rowWords = rowWords;
    this.db = openDatabase(path, { timeoutMs: LOCK_TIMEOUT_MS, readOnly: true });
    this.findRecord = this.db.prepare(FIND_COLD);
    this.remembered = new LRUCache({ max: LIMITS.coldRowsRememberedMax });
  }

  find(id: Uint8Array, text: string, stamp: number): ColdCustomer | undefined {
    const remembered = this.remembered.get(text);
    if (remembered !== undefined && remembered.stamp === stamp) {
      measures.coldRead.publish(REMEMBERED);
      return remembered.customer;
    }
    const record = this.findRecord.get(id) as ColdRecord | undefined;
    measures.coldRead.publish(READ);
    if (record === undefined) return undefined;
    const customer = coldCustomerOf(record, this.rowWords);
    this.remembered.set(text, { stamp, customer });
    return customer;
  }

  close(): void {
    if (this.db.isOpen) this.db.close();
  }
}
