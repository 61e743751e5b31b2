import { BeckonError } from '../base/errors.ts';
import { type AppendedGroup, type AppendGroup, checkGroup, type EventLog, type LogGroup } from './event-log.ts';
import { damagedAt, GROUP_FORMAT, type GroupRow, groupChecksum, groupOfRow, newerFormat } from './group-row.ts';
import { LogRewrite, logSecret } from './log-rewrite.ts';
import { type Database, openDatabase, sqliteProblem } from './sqlite.ts';

/** "BKLG": tells a log from any other SQLite database. */
const APPLICATION_ID = 0x424b4c47;

/** 4 KiB, the block of common file systems: a commit of one small record writes one or two pages, not 16 or 32 KiB. */
const PAGE_BYTES = 4096;

/**
 * The write-ahead log is copied into the database when it has about this size. SQLite's own automatic checkpoint
 * (1,000 pages, on the commit that passes them) would make that commit wait for 4 MiB to be copied; 1 MiB takes
 * 1-2 ms, a group of 3 MB about 6. Smaller would sync more often for nothing.
 */
const WAL_BYTES_MAX = 1024 * 1024;

/** Nobody else writes; a backup or a reader may hold a lock for a moment. */
const LOCK_TIMEOUT_MS = 5000;

/** A page of a read: enough rows to spread the cost of a query, and a bound on memory where groups are large. */
const READ_ROWS_MAX = 256;
const READ_BYTES_MAX = 4 * 1024 * 1024;

/** Taken away between two commits: some milliseconds, because what goes is overwritten. */
const TRIMMED_GROUPS = 64;

const SCHEMA = `
  BEGIN IMMEDIATE;
  CREATE TABLE log_group (
    first_offset INTEGER PRIMARY KEY,
    format INTEGER NOT NULL,
    count INTEGER NOT NULL,
    log_time_ms INTEGER NOT NULL,
    records BLOB NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${GROUP_FORMAT};
  COMMIT`;

/**
 * The embedded log: a SQLite database of its own, one row a group commit.
 *
 * An append is one autocommitted INSERT with `synchronous=FULL`: it returns after the write-ahead log is synced.
 * It happens synchronously inside `append`, on the thread that calls it.
 */
export class SqliteLog implements EventLog {
  readonly partitions = 1;
  readonly isShared = false;
  readonly #db: Database;
  readonly #insert;
  readonly #page;
  readonly #checkpoint;
  #end: number;
  #lastLogTimeMs: number;
  #start: number;
  #walBytes = 0;
  /** Why nothing is accepted any more; undefined while the log is well. */
  #refusal: string | undefined;
  readonly #readOnly: boolean;
  /** Undefined where the log was opened for reading only. */
  readonly #rewrite: LogRewrite | undefined;
  readonly secret: Uint8Array;

  /**
   * Opens the log, makes it where there is none, verifies its last group, and ends a rewriting that a crash broke off.
   * @throws BeckonError LOG_UNAVAILABLE, LOG_DAMAGED, DATA_FORMAT_UNSUPPORTED
   */
  static open(path: string): SqliteLog {
    return SqliteLog.#open(path, false);
  }

  /**
   * Opens an existing log for reading: for export and inspection. Appends are refused.
   * @throws BeckonError LOG_UNAVAILABLE where there is no log, LOG_DAMAGED, DATA_FORMAT_UNSUPPORTED
   */
  static openReadOnly(path: string): SqliteLog {
    return SqliteLog.#open(path, true);
  }

  static #open(path: string, readOnly: boolean): SqliteLog {
    const db = openLogDatabase(path, readOnly);
    try {
      return new SqliteLog(db, readOnly);
    } catch (error) {
      db.close();
      throw openingError(path, error);
    }
  }

  private constructor(db: Database, readOnly: boolean) {
    this.#db = db;
    this.#readOnly = readOnly;
    // A log without a secret has no record that was made with one.
    this.secret = logSecret(db, readOnly) ?? new Uint8Array(16);
    if (!readOnly) {
      this.#rewrite = new LogRewrite(db);
      while (this.#rewrite.step() > 0);
    }
    this.#insert = db.prepare('INSERT INTO log_group VALUES (?, ?, ?, ?, ?, ?)');
    this.#page = db.prepare(
      'SELECT * FROM log_group WHERE first_offset >= ? AND first_offset < ? ORDER BY first_offset LIMIT ?',
    );
    this.#checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
    const row = db.prepare('SELECT * FROM log_group ORDER BY first_offset DESC LIMIT 1').get() as GroupRow | undefined;
    this.#start = firstOffsetOf(db);
    const last = row === undefined ? undefined : groupOfRow(row, row.first_offset);
    this.#end = last === undefined ? 0 : last.firstOffset + last.count;
    this.#lastLogTimeMs = last?.logTimeMs ?? 0;
  }

  async append(group: AppendGroup): Promise<AppendedGroup> {
    this.#checkUsable();
    if (this.#readOnly) throw new BeckonError('LOG_UNAVAILABLE', 'The log was opened for reading only.');
    checkGroup(group, this.#lastLogTimeMs);
    const { records, count, logTimeMs } = group;
    const firstOffset = this.#end;
    const checksum = groupChecksum(GROUP_FORMAT, firstOffset, count, logTimeMs, records);
    try {
      // Before the group and not after it: what was durable is already answered, only this group waits.
      if (this.#walBytes >= WAL_BYTES_MAX) {
        this.#checkpoint.get();
        this.#walBytes = 0;
      }
      this.#insert.run(firstOffset, GROUP_FORMAT, count, logTimeMs, records, checksum);
    } catch (error) {
      // Whether the group is on disk is only known after the log has been opened anew.
      this.#refusal = 'An earlier write of the log failed; nothing is accepted until the service is started anew.';
      throw new BeckonError('LOG_UNAVAILABLE', `The log cannot be written: ${(error as Error).message}.`, {
        cause: error,
      });
    }
    this.#end += count;
    this.#lastLogTimeMs = logTimeMs;
    // The pages of the blob, its leaf and the header page.
    this.#walBytes += (Math.ceil(records.byteLength / PAGE_BYTES) + 2) * PAGE_BYTES;
    return { partition: 0, firstOffset };
  }

  read(from: readonly number[]): AsyncIterable<LogGroup> {
    this.#checkUsable();
    return this.#groups(from[0], this.#end);
  }

  async *#groups(from: number, end: number): AsyncGenerator<LogGroup> {
    if (from >= end) return;
    if (from < this.#start) throw trimmedTo(this.#start);
    let next = this.#startOfGroup(from);
    while (next < end) {
      const page = this.#untrimmed(next, () => this.#readPage(next, end));
      if (page.length === 0) throw damagedAt(next, 'the group is missing');
      for (const group of page) {
        this.#checkUsable();
        yield group;
      }
      const last = page[page.length - 1];
      next = last.firstOffset + last.count;
    }
  }

  /** The process that writes may trim the log while this one reads it. */
  #untrimmed<T>(offset: number, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if ((error as Partial<BeckonError>).code !== 'LOG_DAMAGED') throw error;
      const start = firstOffsetOf(this.#db);
      throw start > offset ? trimmedTo(start) : error;
    }
  }

  /** First offset of the group that holds an offset. */
  #startOfGroup(offset: number): number {
    const row = this.#guarded(offset, () =>
      this.#db.prepare('SELECT max(first_offset) AS start FROM log_group WHERE first_offset <= ?').get(offset),
    );
    const start = row?.start;
    if (typeof start !== 'number') throw damagedAt(offset, 'the group is missing');
    return start;
  }

  /** Groups from the one that begins at `next`, read to their end before anything else may use the connection. */
  #readPage(next: number, end: number): LogGroup[] {
    return this.#guarded(next, () => {
      const groups: LogGroup[] = [];
      let bytes = 0;
      let expected = next;
      for (const row of this.#page.iterate(next, end, READ_ROWS_MAX)) {
        const group = groupOfRow(row as unknown as GroupRow, expected);
        groups.push(group);
        expected += group.count;
        bytes += group.records.byteLength;
        if (bytes >= READ_BYTES_MAX) break;
      }
      return groups;
    });
  }

  #guarded<T>(offset: number, work: () => T): T {
    this.#checkUsable();
    try {
      return work();
    } catch (error) {
      if (error instanceof BeckonError) throw error;
      if (sqliteProblem(error) === 'corrupt') throw damagedAt(offset, 'the database file is malformed', error);
      throw new BeckonError('LOG_UNAVAILABLE', `The log cannot be read: ${(error as Error).message}.`, {
        cause: error,
      });
    }
  }

  get starts(): readonly number[] {
    return [this.#start];
  }

  /**
   * Takes groups away that are older than a time and stand before an offset; never the last one.
   * @param pause lets other work of the thread go on between two parts
   */
  async trim(before: number, olderThanMs: number, pause: () => Promise<void>): Promise<void> {
    const end = this.#guarded(before, () =>
      this.#db
        .prepare(
          'SELECT max(first_offset) AS "end" FROM log_group WHERE first_offset <= ? AND log_time_ms <= ? AND first_offset < ?',
        )
        .get(before, olderThanMs, this.#end),
    )?.end;
    if (typeof end !== 'number') return;
    const next = this.#db.prepare('SELECT first_offset FROM log_group ORDER BY first_offset LIMIT 1 OFFSET ?');
    const remove = this.#db.prepare('DELETE FROM log_group WHERE first_offset < ?');
    while (this.#start < end) {
      this.#checkUsable();
      try {
        const start = Math.min(end, (next.get(TRIMMED_GROUPS)?.first_offset as number | undefined) ?? end);
        remove.run(start);
        this.#start = start;
        this.#checkpoint.get();
        this.#walBytes = 0;
      } catch (error) {
        this.#refusal = 'Trimming the log failed; nothing is accepted until the service is started anew.';
        throw new BeckonError('LOG_UNAVAILABLE', `The log cannot be trimmed: ${(error as Error).message}.`, {
          cause: error,
        });
      }
      await pause();
    }
  }

  ends(): readonly number[] {
    return [this.#end];
  }

  lastLogTimeMs(): number {
    return this.#lastLogTimeMs;
  }

  async rewrite(records: ReadonlyMap<number, Uint8Array>, pause?: () => Promise<void>): Promise<void> {
    this.#checkUsable();
    const rewrite = this.#rewrite;
    if (rewrite === undefined) throw new BeckonError('LOG_UNAVAILABLE', 'The log was opened for reading only.');
    try {
      rewrite.begin(records);
      for (let bytes = rewrite.step(); bytes > 0; bytes = rewrite.step()) {
        this.#walBytes += bytes;
        if (this.#walBytes >= WAL_BYTES_MAX) {
          this.#checkpoint.get();
          this.#walBytes = 0;
        }
        await pause?.();
        this.#checkUsable();
      }
      this.#truncateWal();
    } catch (error) {
      if (error instanceof BeckonError) throw error;
      this.#refusal = 'A rewriting of the log failed; nothing is accepted until the service is started anew.';
      throw new BeckonError('LOG_UNAVAILABLE', `The log cannot be rewritten: ${(error as Error).message}.`, {
        cause: error,
      });
    }
  }

  /** The write-ahead log still holds what was replaced. A reader beside keeps it; it then goes when the log is closed. */
  #truncateWal(): void {
    this.#db.exec('PRAGMA busy_timeout = 0');
    this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
    this.#db.exec(`PRAGMA busy_timeout = ${LOCK_TIMEOUT_MS}`);
    this.#walBytes = 0;
  }

  async close(): Promise<void> {
    if (!this.#db.isOpen) return;
    if (!this.#readOnly && this.#refusal === undefined) this.#truncateWal();
    this.#refusal = 'The log is closed.';
    this.#db.close();
  }

  #checkUsable(): void {
    if (this.#refusal !== undefined) throw new BeckonError('LOG_UNAVAILABLE', this.#refusal);
  }
}

/**
 * The database below a log, made where there is none and may be; no group has been looked at.
 * @throws BeckonError LOG_UNAVAILABLE, LOG_DAMAGED, DATA_FORMAT_UNSUPPORTED
 */
export const openLogDatabase = (path: string, readOnly: boolean): Database => {
  let db: Database | undefined;
  try {
    db = openDatabase(path, { timeoutMs: LOCK_TIMEOUT_MS, readOnly });
    prepareDatabase(db, path, readOnly);
    return db;
  } catch (error) {
    db?.close();
    throw openingError(path, error);
  }
};

/** Sets up the connection, makes the table of a new log, and checks the format of an old one. */
const prepareDatabase = (db: Database, path: string, readOnly: boolean): void => {
  const pragma = (name: string): unknown => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  const applicationId = pragma('application_id');
  const isNew = applicationId === 0 && db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  if (isNew && readOnly) throw new BeckonError('LOG_UNAVAILABLE', `There is no log in ${path} yet.`);
  if (!isNew && applicationId !== APPLICATION_ID) {
    throw new BeckonError('DATA_FORMAT_UNSUPPORTED', `${path} is a database, but not a log of Beckon.`);
  }
  const format = pragma('user_version') as number;
  if (format > GROUP_FORMAT) throw newerFormat(`The log ${path}`, format);
  if (readOnly) return;
  db.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
  const mode = pragma('journal_mode = WAL');
  if (mode !== 'wal') {
    throw new BeckonError('LOG_UNAVAILABLE', `The file system of ${path} cannot hold a write-ahead log.`);
  }
  db.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = ON');
  if (isNew) db.exec(SCHEMA);
};

/** Offset of the first record of a log; 0 where it is empty. */
export const firstOffsetOf = (db: Database): number =>
  (db.prepare('SELECT min(first_offset) AS start FROM log_group').get()?.start as number | null) ?? 0;

const trimmedTo = (start: number): BeckonError =>
  new BeckonError(
    'LOG_TRIMMED',
    `The log begins at offset ${start}: what came before it was trimmed, as configured, and cannot be read again.`,
    { details: { start } },
  );

const openingError = (path: string, error: unknown): BeckonError => {
  if (error instanceof BeckonError) return error;
  const { message } = error as Error;
  const problem = sqliteProblem(error);
  if (problem === 'corrupt' || problem === 'not-a-database') {
    return new BeckonError('LOG_DAMAGED', `The log ${path} is damaged: ${message}.`, { cause: error });
  }
  const hint = problem === 'cannot-open' ? ' Does it exist, and may this user read and write it?' : '';
  return new BeckonError('LOG_UNAVAILABLE', `The log ${path} cannot be opened: ${message}.${hint}`, { cause: error });
};
