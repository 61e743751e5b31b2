import { rmSync } from 'node:fs';
import { BeckonError } from '../base/errors.ts';
import type { ColdCustomer, ColdStore } from '../features/cold-store.ts';
import { copyDatabase, type Database, openDatabase, type Statement } from '../log/sqlite.ts';
import { packIds, packRow, unpackIds, unpackRow } from './cold-rows.ts';

/** Readers are never in the way of a writer here; only a checkpoint may wait for one. */
const LOCK_TIMEOUT_MS = 1000;
/** 16 MiB of pages of 4 KiB: what a checkpoint has to copy stays a few milliseconds. */
const WAL_PAGES_MAX = 4096;

const SCHEMA = `
  CREATE TABLE customer (place INTEGER PRIMARY KEY, ids BLOB NOT NULL, row BLOB NOT NULL) STRICT;
  CREATE TABLE id (id BLOB PRIMARY KEY, place INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

/** A customer by any id. */
export const FIND_COLD = 'SELECT place, ids, row FROM customer WHERE place = (SELECT place FROM id WHERE id = ?)';

/** What {@link FIND_COLD} gives. */
export interface ColdRecord {
  readonly place: number;
  readonly ids: Uint8Array;
  readonly row: Uint8Array;
}

export const coldCustomerOf = ({ ids, row }: ColdRecord, rowWords: number): ColdCustomer => {
  const [id, ...aliases] = unpackIds(ids);
  return { id, aliases, row: unpackRow(row, rowWords) };
};

/**
 * The rows that have no room in memory, in a SQLite database of their own. It holds nothing that the log does not say, so
 * nothing is synced: it begins empty with each process, or with the rows of a checkpoint, and goes with it.
 */
export class ColdDatabase implements ColdStore {
  private readonly path: string;
  private readonly rowWords: number;
  private readonly db: Database;
  private readonly statements: Readonly<Record<keyof typeof STATEMENTS, Statement>>;
  private isOpen = false;

  /**
   * @param isNew whether it is made anew; otherwise one is taken over that another thread has made and filled
   * @throws BeckonError LOG_UNAVAILABLE
   */
  constructor(path: string, rowWords: number, isNew = true) {
    this.path = path;
    this.rowWords = rowWords;
    if (isNew) this.removeFiles();
    try {
      this.db = openDatabase(path, { timeoutMs: LOCK_TIMEOUT_MS });
      // What has left is overwritten: an erased customer was here, too.
      this.db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON;
        PRAGMA wal_autocheckpoint = ${WAL_PAGES_MAX}; PRAGMA cache_size = -65536; ${isNew ? SCHEMA : ''}`);
      const prepared = Object.entries(STATEMENTS).map(([name, sql]) => [name, this.db.prepare(sql)]);
      this.statements = Object.fromEntries(prepared) as typeof this.statements;
    } catch (error) {
      throw failed(error);
    }
  }

  put(customer: ColdCustomer): void {
    this.change(({ putCustomer, putId }) => {
      const { lastInsertRowid } = putCustomer.run(packIds(customer), packRow(customer.row.u32));
      // Copies: SQLite does not read memory that threads share.
      for (const id of [customer.id, ...customer.aliases]) putId.run(Uint8Array.from(id), lastInsertRowid);
    });
  }

  take(id: Uint8Array): ColdCustomer | undefined {
    const record = this.guarded(() => this.statements.find.get(Uint8Array.from(id))) as ColdRecord | undefined;
    if (record === undefined) return undefined;
    const customer = coldCustomerOf(record, this.rowWords);
    this.change(({ removeCustomer, removeId }) => {
      removeCustomer.run(record.place);
      for (const each of [customer.id, ...customer.aliases]) removeId.run(each);
    });
    return customer;
  }

  commit(): void {
    if (!this.isOpen) return;
    this.guarded(() => this.statements.commit.run());
    this.isOpen = false;
  }

  *customers(): Generator<ColdCustomer> {
    for (const record of this.statements.all.iterate())
      yield coldCustomerOf(record as unknown as ColdRecord, this.rowWords);
  }

  /**
   * Copies all rows as they are now into a new file; they may change meanwhile.
   * @throws Error where it cannot be written
   */
  async copyTo(path: string): Promise<void> {
    this.commit();
    const from = openDatabase(this.path, { timeoutMs: LOCK_TIMEOUT_MS, readOnly: true });
    try {
      await copyDatabase(from, path);
    } finally {
      from.close();
    }
  }

  /** Takes over the rows of a copy, while there are none here. @throws BeckonError LOG_UNAVAILABLE */
  load(path: string): void {
    this.guarded(() => {
      this.db.prepare('ATTACH ? AS kept').run(path);
      this.db.exec(`BEGIN; INSERT INTO customer SELECT * FROM kept.customer; INSERT INTO id SELECT * FROM kept.id; COMMIT;
        DETACH kept`);
    });
  }

  /** Takes what has left out of the write-ahead log, too, where no reader is at it. */
  scrub(): void {
    this.commit();
    this.guarded(() => {
      this.db.exec('PRAGMA busy_timeout = 0');
      this.db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
      this.db.exec(`PRAGMA busy_timeout = ${LOCK_TIMEOUT_MS}`);
    });
  }

  /** Removes the files: the next process begins anew. */
  close(): void {
    this.handOver();
    this.removeFiles();
  }

  /** Closes it for another thread that has taken it over. */
  handOver(): void {
    if (this.db.isOpen) this.db.close();
  }

  private change(work: (statements: ColdDatabase['statements']) => void): void {
    this.guarded(() => {
      if (!this.isOpen) this.statements.begin.run();
      this.isOpen = true;
      work(this.statements);
    });
  }

  private guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw failed(error);
    }
  }

  private removeFiles(): void {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${this.path}${suffix}`, { force: true });
  }
}

const STATEMENTS = {
  begin: 'BEGIN',
  commit: 'COMMIT',
  find: FIND_COLD,
  putCustomer: 'INSERT INTO customer (ids, row) VALUES (?, ?)',
  putId: 'INSERT INTO id VALUES (?, ?)',
  removeCustomer: 'DELETE FROM customer WHERE place = ?',
  removeId: 'DELETE FROM id WHERE id = ?',
  all: 'SELECT place, ids, row FROM customer',
} as const;

const failed = (error: unknown): BeckonError =>
  new BeckonError('LOG_UNAVAILABLE', `The database of cold rows failed: ${(error as Error).message}.`, {
    cause: error,
  });
