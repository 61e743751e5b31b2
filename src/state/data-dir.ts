import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { formatTime, parseTime } from '../base/clock.ts';
import { BeckonError } from '../base/errors.ts';
import { type Database, openDatabase, sqliteProblem } from '../log/sqlite.ts';
import { syncDirectory, writeDurably } from './durable-file.ts';

/** Format of the directory as a whole; raised when a version of today could no longer read it. */
const DATA_DIR_FORMAT = 1;

const META_FILE = 'meta.json';
const LOCK_FILE = 'lock.db';
const LOG_FILE = 'log.db';
const COLD_FILE = 'cold.db';
const OUTBOX_FILE = 'outbox.db';
const DEAD_LETTERS_FILE = 'dead-letters.db';

/** A service that is being restarted may still be closing: wait for it this long before the lock counts as held. */
const LOCK_TIMEOUT_MS = 500;

/** What a data directory was made with. */
export interface DataDirMeta {
  readonly format: number;
  /** Customers are spread over this many shards; fixed, because every stored offset and place depends on it. */
  readonly shards: number;
  readonly createdAtMs: number;
  /** Name of the pack whose events the log holds. */
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
   * @param wanted what a new directory is made with. An old one must have the same number of shards and the same pack.
   * @throws BeckonError DATA_DIR_LOCKED, CONFIG_INVALID (unusable path, other number of shards, other pack),
   *   DATA_FORMAT_UNSUPPORTED, FILE_UNREADABLE (damaged meta.json)
   */
  static open(path: string, wanted: { shards: number; pack: string; nowMs: number }): DataDir {
    const full = resolve(path);
    makeDirectory(full);
    const lock = takeLock(full);
    try {
      removeColdRows(full);
      const found = readMeta(full);
      if (found !== undefined && found.shards !== wanted.shards) throw otherShards(full, found.shards, wanted.shards);
      if (found !== undefined && found.pack !== wanted.pack) throw otherPack(full, found.pack, wanted.pack);
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
    return logPathOf(this.path);
  }

  /** Lets other processes in. */
  close(): void {
    if (!this.#lock.isOpen) return;
    removeColdRows(this.path);
    this.#lock.close();
  }
}

export const logPathOf = (dataDir: string): string => join(dataDir, LOG_FILE);

/**
 * The log of a directory for whoever reads it there.
 * @throws BeckonError FILE_UNREADABLE where it is on Kafka, or gone
 */
export const embeddedLogOf = (dataDir: string): string => {
  const path = logPathOf(dataDir);
  if (existsSync(path)) return path;
  throw new BeckonError(
    'FILE_UNREADABLE',
    `The data directory ${dataDir} holds no log. With the log on Kafka, the topic is what is kept and copied; this needs an embedded one.`,
    { details: { path } },
  );
};

/** Database of records that could not be applied. */
export const deadLettersPathOf = (dataDir: string): string => join(dataDir, DEAD_LETTERS_FILE);

/** Database of what goes out on the stream. */
export const outboxPathOf = (dataDir: string): string => join(dataDir, OUTBOX_FILE);

/**
 * Database of the rows that have no room in memory, while a process has any.
 * @param number tells the databases of two states apart
 */
export const coldPathOf = (dataDir: string, number = 0): string =>
  join(dataDir, number === 0 ? COLD_FILE : `${COLD_FILE}.${number}`);

/** What a process that was killed has left of them: the log says it all, and erased customers must not stay in there. */
const removeColdRows = (path: string): void => {
  const names = existsSync(path) ? namesIn(path) : [];
  for (const name of names) if (name.startsWith(COLD_FILE)) rmSync(join(path, name));
};

/** What stands in a directory that nobody has put anything into: the lock, and what a file system makes itself. */
const NOTHING: readonly string[] = [LOCK_FILE, `${LOCK_FILE}-journal`, 'lost+found'];

/**
 * Makes a directory or takes an empty one, keeps every other process out, and lets `fill` put a log into it. A directory
 * that was not filled to the end holds no {@link META_FILE}, so that no service starts on half a log.
 * @param metaFrom the directory whose {@link META_FILE} the new one gets when `fill` is done
 * @throws BeckonError DATA_DIR_LOCKED, FILE_UNWRITABLE where it is not empty, CONFIG_INVALID where it cannot be used
 */
export const fillDataDir = async <T>(path: string, metaFrom: string, fill: () => Promise<T>): Promise<T> => {
  const full = resolve(path);
  const found = existsSync(full) ? namesIn(full) : [];
  const isEmpty = found.every((name) => NOTHING.includes(name));
  // Somebody else's folder gets no lock file; a directory in use is said to be in use, and not to be full.
  if (!isEmpty && !found.includes(LOCK_FILE)) throw notEmpty(full);
  makeDirectory(full);
  const lock = takeLock(full);
  try {
    if (!isEmpty) throw notEmpty(full);
    const filled = await fill();
    copyMeta(metaFrom, full);
    return filled;
  } finally {
    lock.close();
  }
};

const namesIn = (path: string): string[] => {
  try {
    return readdirSync(path);
  } catch (error) {
    throw unusable(path, error);
  }
};

/** @throws BeckonError FILE_UNWRITABLE where a directory stands there that holds anything, or a file */
export const refuseFull = (path: string): void => {
  if (existsSync(path) && namesIn(path).length > 0) throw notEmpty(path);
};

const notEmpty = (path: string): BeckonError =>
  new BeckonError('FILE_UNWRITABLE', `${path} is not empty. Name a directory that is empty or not there yet.`, {
    details: { path },
  });

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

const writeMeta = (path: string, { format, shards, createdAtMs, pack }: DataDirMeta): void => {
  const text = JSON.stringify({ format, shards, createdAt: formatTime(createdAtMs), pack }, null, 2);
  writeDurably(path, META_FILE, `${text}\n`);
};

/** Everything that a directory was made with, byte by byte. */
export const copyMeta = (from: string, to: string): void =>
  writeDurably(to, META_FILE, readFileSync(join(from, META_FILE), 'utf8'));

const makeDirectory = (path: string): void => {
  try {
    // The name of a new directory is durable once the directory above it is synced.
    if (mkdirSync(path, { recursive: true }) !== undefined) syncDirectory(dirname(path));
  } catch (error) {
    throw unusable(path, error);
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

const otherPack = (path: string, made: string, wanted: string): BeckonError =>
  new BeckonError(
    'CONFIG_INVALID',
    `The data directory ${path} was made with the pack \`${made}\`, but the pack \`${wanted}\` is configured. Configure \`${made}\`, or use a new directory. Was the pack renamed? Then write its new name into meta.json.`,
    { details: { path, made, wanted } },
  );
