import { backup, DatabaseSync, type StatementSync } from 'node:sqlite';

export type Database = DatabaseSync;
export type Statement = StatementSync;

/**
 * The only door to SQLite.
 * @param timeoutMs how long a statement waits for a lock: never 0, with which a reader beside the writer
 *   causes spurious SQLITE_BUSY.
 */
export const openDatabase = (path: string, options: { timeoutMs: number; readOnly?: boolean }): Database =>
  new DatabaseSync(path, { readOnly: options.readOnly ?? false, timeout: options.timeoutMs });

/** Pages copied between two looks at the progress: 4 MiB of pages of 4 KiB. */
const COPY_PAGES = 1024;

/**
 * Copies a database into a new file, as it was when the copy began: others may write to it meanwhile, and do not wait.
 * The copy is one file, to be read without another beside it.
 */
export const copyDatabase = async (
  from: Database,
  to: string,
  onProgress?: (pages: number, pagesTotal: number) => void,
): Promise<void> => {
  // A read that stays open holds one moment. Without it each write of another process would begin the copy anew.
  from.exec('BEGIN; SELECT count(*) FROM sqlite_schema');
  const progress = ({ totalPages, remainingPages }: { totalPages: number; remainingPages: number }): void =>
    onProgress?.(totalPages - remainingPages, totalPages);
  try {
    await backup(from, to, { rate: COPY_PAGES, progress });
  } finally {
    from.exec('COMMIT');
  }
  // It was copied with the mark of a write-ahead log, with which even a reader makes files beside it.
  const copy = new DatabaseSync(to);
  copy.exec('PRAGMA journal_mode = DELETE');
  copy.close();
};

/** Primary result codes of SQLite that a caller branches on (sqlite.org/rescode.html). */
const PRIMARY = { 5: 'busy', 11: 'corrupt', 14: 'cannot-open', 26: 'not-a-database' } as const;

type SqliteProblem = (typeof PRIMARY)[keyof typeof PRIMARY] | 'other';

/** What kind of SQLite failure an error is; `other` for everything that no caller treats in its own way. */
export const sqliteProblem = (error: unknown): SqliteProblem => {
  const { code: name, errcode: code } = error as { code?: unknown; errcode?: unknown };
  // An integer beyond 2^53: we never write one.
  if (name === 'ERR_OUT_OF_RANGE') return 'corrupt';
  // Extended codes keep the primary one in their low byte.
  return typeof code === 'number' ? (PRIMARY[(code & 0xff) as keyof typeof PRIMARY] ?? 'other') : 'other';
};
