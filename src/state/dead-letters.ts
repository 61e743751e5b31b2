import { existsSync } from 'node:fs';
import { BeckonError } from '../base/errors.ts';
import { type Database, openDatabase } from '../log/sqlite.ts';
import { deadLettersPathOf } from './data-dir.ts';

/** A record of the log that could not be applied. */
export interface DeadLetter {
  readonly partition: number;
  readonly offset: number;
  /** Log time of its group. */
  readonly logTimeMs: number;
  /** Code of the error table, and the reason in words. */
  readonly code: string;
  readonly reason: string;
  readonly subject: string;
  /** As it stands in the log. */
  readonly record: Uint8Array;
}

const FORMAT = 1;
/** A command and the service take turns; each holds the file for some milliseconds. */
const LOCK_TIMEOUT_MS = 5000;

// No write-ahead log: letters are few, and of an erased customer nothing must stay behind in another file.
const SETTINGS = 'PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;';
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS letter (
    partition INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    log_time_ms INTEGER NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    subject TEXT NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (partition, "offset")
  ) STRICT;
  PRAGMA user_version = ${FORMAT};
`;

/**
 * What could not be applied, in a SQLite database of its own that is made with the first letter. A letter is named by its
 * place in the log, so that a log which is folded again makes none twice. Several processes may use it.
 */
export class DeadLetters {
  private readonly path: string;
  private db: Database | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Durable when it returns. @throws BeckonError LOG_UNAVAILABLE */
  add(letters: readonly DeadLetter[]): void {
    this.guarded(true, (db) => {
      const insert = db.prepare('INSERT OR IGNORE INTO letter VALUES (?, ?, ?, ?, ?, ?, ?)');
      db.exec('BEGIN IMMEDIATE');
      for (const { partition, offset, logTimeMs, code, reason, subject, record } of letters)
        insert.run(partition, offset, logTimeMs, code, reason, subject, record);
      db.exec('COMMIT');
    });
  }

  /** In the order of the log. @throws BeckonError LOG_UNAVAILABLE, DATA_FORMAT_UNSUPPORTED */
  list(): DeadLetter[] {
    const rows = this.guarded(false, (db) => db.prepare('SELECT * FROM letter ORDER BY partition, "offset"').all());
    return (rows ?? []).map((row) => ({
      partition: row.partition as number,
      offset: row.offset as number,
      logTimeMs: row.log_time_ms as number,
      code: row.code as string,
      reason: row.reason as string,
      subject: row.subject as string,
      record: row.record as Uint8Array,
    }));
  }

  remove({ partition, offset }: Pick<DeadLetter, 'partition' | 'offset'>): void {
    this.guarded(false, (db) =>
      db.prepare('DELETE FROM letter WHERE partition = ? AND "offset" = ?').run(partition, offset),
    );
  }

  /** Those of a customer who was erased. */
  removeOf(ids: readonly string[]): void {
    this.guarded(false, (db) => {
      const remove = db.prepare('DELETE FROM letter WHERE subject = ?');
      for (const id of ids) remove.run(id);
    });
  }

  close(): void {
    this.db?.close();
    this.db = undefined;
  }

  /** @returns undefined where there is no letter yet and none is to be made */
  private guarded<T>(isMade: boolean, work: (db: Database) => T): T | undefined {
    if (this.db === undefined && !isMade && !existsSync(this.path)) return undefined;
    try {
      this.db ??= this.open();
      return work(this.db);
    } catch (error) {
      if (error instanceof BeckonError) throw error;
      if (this.db?.isTransaction) this.db.exec('ROLLBACK');
      throw new BeckonError('LOG_UNAVAILABLE', `The dead letters ${this.path} failed: ${(error as Error).message}.`, {
        cause: error,
      });
    }
  }

  private open(): Database {
    const db = openDatabase(this.path, { timeoutMs: LOCK_TIMEOUT_MS });
    const format = db.prepare('PRAGMA user_version').get()?.user_version as number;
    if (format > FORMAT) {
      db.close();
      throw new BeckonError(
        'DATA_FORMAT_UNSUPPORTED',
        `${this.path} has format version ${format}; this version of Beckon reads ${FORMAT}. Start a newer Beckon.`,
      );
    }
    db.exec(SETTINGS + SCHEMA);
    return db;
  }
}

/** Copies all letters of a data directory, on which a service may run, to another one. */
export const copyDeadLetters = (from: string, to: string): void => {
  const source = new DeadLetters(deadLettersPathOf(from));
  const target = new DeadLetters(deadLettersPathOf(to));
  try {
    const letters = source.list();
    if (letters.length > 0) target.add(letters);
  } finally {
    source.close();
    target.close();
  }
};
