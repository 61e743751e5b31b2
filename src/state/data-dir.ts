import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { formatTime, parseTime } from '../base/clock.ts';
import { BeckonError } from '../base/errors.ts';
import { type Database, openDatabase, sqliteProblem } from '../log/sqlite.ts';

/** Format of the directory as a whole; raised when a version of today could no longer read it. */
const DATA_DIR_FORMAT = 1;

const META_FILE = 'meta.json';
const LOCK_FILE = 'lock.db';
const LOG_FILE = 'log.db';

/** A service that is being restarted may still be closing: wait for it this long before the lock counts as held. */
const LOCK_TIMEOUT_MS = 500;

/** What a data directory was made with. */
interface DataDirMeta {
  readonly format: number;
  /** Customers are spread over this many shards; fixed, because every stored offset and place depends on it. */
  readonly shards: number;
  readonly createdAtMs: number;
  readonly pack: string;
}

/** A data directory that belongs to this process until it is closed or the process ends. */
export class DataDir {
  /** Absolute. */
  readonly path: string;
  readonly meta: DataDirMeta;
  readonly #lock: Database;

  /**
   * Opens the directory, makes it where there is none, and keeps every other process out.
   * @param wanted what a new directory is made with. An old one must have the same number of shards.
   * @throws BeckonError DATA_DIR_LOCKED, CONFIG_INVALID (unusable path, other number of shards),
   *   DATA_FORMAT_UNSUPPORTED, FILE_UNREADABLE (damaged meta.json)
   */
  static open(path: string, wanted: { shards: number; pack: string; nowMs: number }): DataDir {
    const full = resolve(path);
    makeDirectory(full);
    const lock = takeLock(full);
    try {
      const found = readMeta(full);
      if (found !== undefined && found.shards !== wanted.shards) throw otherShards(full, found.shards, wanted.shards);
      const { shards, pack, nowMs } = wanted;
      const meta = found ?? { format: DATA_DIR_FORMAT, shards, createdAtMs: nowMs, pack };
      if (found === undefined) writeMeta(full, meta);
      return new DataDir(full, meta, lock);
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  private constructor(path: string, meta: DataDirMeta, lock: Database) {
    this.path = path;
    this.meta = meta;
    this.#lock = lock;
  }

  get logPath(): string {
    return join(this.path, LOG_FILE);
  }

  /** Lets other processes in. */
  close(): void {
    if (this.#lock.isOpen) this.#lock.close();
  }
}

/**
 * What a directory was made with, also while a service runs on it; undefined where nothing has been made yet.
 * @throws BeckonError DATA_FORMAT_UNSUPPORTED, FILE_UNREADABLE
 */
export const readMeta = (path: string): DataDirMeta | undefined => {
  const file = join(path, META_FILE);
  if (!existsSync(file)) {
    if (!existsSync(join(path, LOG_FILE))) return undefined;
    throw new BeckonError('FILE_UNREADABLE', `${path} holds a log but no ${META_FILE}; restore it from a backup.`);
  }
  const meta = parseMeta(readFileSync(file, 'utf8'));
  if (meta === undefined) throw new BeckonError('FILE_UNREADABLE', `${file} is damaged; restore it from a backup.`);
  if (meta.format > DATA_DIR_FORMAT) {
    throw new BeckonError(
      'DATA_FORMAT_UNSUPPORTED',
      `The data directory ${path} has format version ${meta.format}; this version of Beckon reads up to ${DATA_DIR_FORMAT}. Start a newer Beckon.`,
      { details: { format: meta.format, supported: DATA_DIR_FORMAT } },
    );
  }
  return meta;
};

const parseMeta = (text: string): DataDirMeta | undefined => {
  try {
    const { format, shards, createdAt, pack } = JSON.parse(text);
    // Whatever else a newer format changes, its version stays readable, so that it can be refused by name.
    if (Number.isSafeInteger(format) && format > DATA_DIR_FORMAT) return { format, shards, createdAtMs: 0, pack };
    const createdAtMs = parseTime(createdAt);
    const valid = format === DATA_DIR_FORMAT && Number.isSafeInteger(shards) && shards > 0;
    return valid && typeof pack === 'string' && !Number.isNaN(createdAtMs)
      ? { format, shards, createdAtMs, pack }
      : undefined;
  } catch {
    return undefined;
  }
};

/** Written beside and renamed, so that a crash leaves either no meta or a whole one. */
const writeMeta = (path: string, { format, shards, createdAtMs, pack }: DataDirMeta): void => {
  const file = join(path, META_FILE);
  const text = JSON.stringify({ format, shards, createdAt: formatTime(createdAtMs), pack }, null, 2);
  const fd = openSync(`${file}.new`, 'w');
  try {
    writeSync(fd, `${text}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(`${file}.new`, file);
  syncDirectory(path);
};

const makeDirectory = (path: string): void => {
  try {
    // The name of a new directory is durable once the directory above it is synced.
    if (mkdirSync(path, { recursive: true }) !== undefined) syncDirectory(dirname(path));
  } catch (error) {
    throw unusable(path, error);
  }
};

const syncDirectory = (path: string): void => {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

/**
 * An exclusive transaction that is never ended: the operating system lets go of it when the process dies.
 * No code of this process may open and close the file by other means: that would drop the lock (POSIX).
 */
const takeLock = (path: string): Database => {
  let lock: Database | undefined;
  try {
    lock = openDatabase(join(path, LOCK_FILE), { timeoutMs: LOCK_TIMEOUT_MS });
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    if (sqliteProblem(error) !== 'busy') throw unusable(path, error);
    throw new BeckonError(
      'DATA_DIR_LOCKED',
      `Another process uses the data directory ${path}. Stop it, or give this one a directory of its own.`,
      { details: { path }, cause: error },
    );
  }
};

const unusable = (path: string, cause: unknown): BeckonError =>
  new BeckonError('CONFIG_INVALID', `The data directory ${path} cannot be used: ${(cause as Error).message}.`, {
    details: { path },
    cause,
  });

const otherShards = (path: string, made: number, wanted: number): BeckonError =>
  new BeckonError(
    'CONFIG_INVALID',
    `The data directory ${path} was made with ${made} shards, but ${wanted} are configured. The number of shards is fixed when a data directory is made: configure ${made}, or use a new directory.`,
    { details: { path, made, wanted } },
  );
