import { DatabaseSync } from 'node:sqlite';

export type Database = DatabaseSync;

/**
 * The only door to SQLite.
 * @param timeoutMs how long a statement waits for a lock: never 0, with which a reader beside the writer
 *   causes spurious SQLITE_BUSY.
 */
export const openDatabase = (path: string, options: { timeoutMs: number; readOnly?: boolean }): Database =>
  new DatabaseSync(path, { readOnly: options.readOnly ?? false, timeout: options.timeoutMs });

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
