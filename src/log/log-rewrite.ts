import { type GroupRow, groupChecksum, groupOfRow } from './group-row.ts';
import { withReplaced } from './replaced-records.ts';
import type { Database } from './sqlite.ts';

const TABLE = 'CREATE TABLE IF NOT EXISTS log_rewrite (offset INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT';

/**
 * Puts other bytes in the place of records. What is to come is written first and in one transaction, so that a crash
 * leaves either the old log or a rewriting that can be ended; then one group is rewritten in each transaction.
 */
export class LogRewrite {
  readonly #db: Database;
  readonly #add;
  readonly #next;
  readonly #first;
  readonly #group;
  readonly #update;
  readonly #records;
  readonly #remove;

  constructor(db: Database) {
    this.#db = db;
    db.exec(TABLE);
    this.#add = db.prepare('INSERT OR REPLACE INTO log_rewrite VALUES (?, ?)');
    this.#next = db.prepare('SELECT min(offset) AS offset FROM log_rewrite');
    this.#first = db.prepare('SELECT min(first_offset) AS offset FROM log_group');
    this.#group = db.prepare('SELECT * FROM log_group WHERE first_offset <= ? ORDER BY first_offset DESC LIMIT 1');
    this.#update = db.prepare('UPDATE log_group SET records = ?, checksum = ? WHERE first_offset = ?');
    this.#records = db.prepare('SELECT offset, record FROM log_rewrite WHERE offset >= ? AND offset < ?');
    this.#remove = db.prepare('DELETE FROM log_rewrite WHERE offset < ?');
  }

  /** Makes it durable that these records are to be replaced. */
  begin(records: ReadonlyMap<number, Uint8Array>): void {
    this.#transaction(() => {
      for (const [offset, record] of records) this.#add.run(offset, record);
    });
  }

  /** Rewrites the first group that holds a record to be replaced. @returns its bytes; 0 where none is left */
  step(): number {
    // What was trimmed is gone already.
    this.#remove.run((this.#first.get()?.offset as number | null) ?? 0);
    const offset = this.#next.get()?.offset;
    if (typeof offset !== 'number') return 0;
    const row = this.#group.get(offset) as GroupRow | undefined;
    // The log of a backup may have been cut before what was to be rewritten.
    if (row === undefined || offset >= row.first_offset + row.count) {
      this.#remove.run(Number.MAX_SAFE_INTEGER);
      return 0;
    }
    const { firstOffset, count, logTimeMs, records } = groupOfRow(row, row.first_offset);
    const end = firstOffset + count;
    const others = new Map(
      this.#records.all(firstOffset, end).map((other) => [other.offset as number, other.record as Uint8Array]),
    );
    const replaced = withReplaced(records, firstOffset, others);
    const checksum = groupChecksum(row.format, firstOffset, count, logTimeMs, replaced);
    this.#transaction(() => {
      this.#update.run(replaced, checksum, firstOffset);
      this.#remove.run(end);
    });
    return replaced.length;
  }

  #transaction(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

/** A log of before has no secret yet. @returns the log's 16 random bytes; undefined where it has none and may get none */
export const logSecret = (db: Database, readOnly: boolean): Uint8Array | undefined => {
  if (!readOnly) {
    db.exec('CREATE TABLE IF NOT EXISTS log_secret (bytes BLOB NOT NULL) STRICT');
    db.exec('INSERT INTO log_secret SELECT randomblob(16) WHERE NOT EXISTS (SELECT 1 FROM log_secret)');
  }
  const isThere = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'log_secret'").get() !== undefined;
  return isThere ? (db.prepare('SELECT bytes FROM log_secret').get()?.bytes as Uint8Array | undefined) : undefined;
};
