import { existsSync } from 'node:fs';
import { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { headersText } from '../events/cause.ts';
import type { MessageHeaders } from '../events/message.ts';
import { type Database, openDatabase, type Statement } from '../log/sqlite.ts';

const FORMAT = 3;
/** Readers are never in the way of the one who writes here; only a checkpoint may wait for one. */
const LOCK_TIMEOUT_MS = 1000;

const SCHEMA = `
  CREATE TABLE message (
    cursor INTEGER PRIMARY KEY AUTOINCREMENT,
    customer TEXT NOT NULL,
    campaign TEXT,
    campaign_before TEXT,
    body TEXT NOT NULL,
    headers TEXT
  ) STRICT;
  CREATE INDEX message_of_customer ON message (customer);
  CREATE TABLE latest (customer TEXT PRIMARY KEY, decision TEXT NOT NULL, campaign TEXT) STRICT, WITHOUT ROWID;
  CREATE TABLE progress (
    one INTEGER PRIMARY KEY,
    trimmed INTEGER NOT NULL,
    next_offsets TEXT NOT NULL,
    produced INTEGER NOT NULL
  ) STRICT;
  PRAGMA user_version = ${FORMAT};
`;

/** What makes the next format of each. The first knew of one partition, and of no topic; the second of no headers. */
const UPGRADES = [
  `
  ALTER TABLE progress ADD COLUMN next_offsets TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE progress ADD COLUMN produced INTEGER NOT NULL DEFAULT 0;
  UPDATE progress SET next_offsets = json_array(next_offset);
  ALTER TABLE progress DROP COLUMN next_offset;
  `,
  'ALTER TABLE message ADD COLUMN headers TEXT;',
];

/** Something that goes out to whoever follows the stream. */
export interface OutMessage {
  /** The customer's own id. */
  readonly customer: string;
  /** The campaign that the message is about, and the one that the customer's decision was of before. */
  readonly campaign: string | undefined;
  readonly campaignBefore: string | undefined;
  /** A JSON object; a reader adds the cursor. */
  readonly body: string;
  /** Of what caused it. */
  readonly headers: MessageHeaders;
}

/** What a customer's decision is, as far as a change of it goes out. */
export interface LatestDecision {
  readonly decision: string;
  readonly campaign: string | undefined;
}

interface ProgressRow {
  readonly trimmed: number;
  /** As JSON. */
  readonly next_offsets: string;
  readonly produced: number;
}

/**
 * What goes out, in the order in which it does: the writing side, for one thread. How far the log was looked through, what
 * was decided and what goes out change in one durable transaction; so whatever breaks off in between is done again as if
 * for the first time, and a cursor that was given out once never means anything else.
 */
export class Outbox {
  private readonly db: Database;
  private readonly statements: Readonly<Record<keyof typeof STATEMENTS, Statement>>;
  /** Offsets of the log from which on nothing was looked at, one a partition. */
  nextOffsets: readonly number[];
  /** Up to which cursor messages stand in the topic, where there is one. */
  produced: number;
  private trimmed: number;

  /**
   * @param startOffsets from where on a new one looks at the log
   * @throws BeckonError FILE_UNREADABLE, DATA_FORMAT_UNSUPPORTED
   */
  constructor(path: string, startOffsets: readonly number[]) {
    try {
      this.db = openDatabase(path, { timeoutMs: LOCK_TIMEOUT_MS });
      // What was erased is overwritten.
      this.db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
      const { user_version: format } = this.db.prepare('PRAGMA user_version').get() as { user_version: number };
      if (format === 0) {
        this.db.exec(`BEGIN; ${SCHEMA}`);
        this.db.prepare('INSERT INTO progress VALUES (0, 0, ?, 0)').run(JSON.stringify(startOffsets));
        this.db.exec('COMMIT');
      } else if (format < FORMAT) {
        const upgrades = UPGRADES.slice(format - 1).join('');
        this.db.exec(`BEGIN; ${upgrades} PRAGMA user_version = ${FORMAT}; COMMIT`);
      } else if (format > FORMAT)
        throw new BeckonError('DATA_FORMAT_UNSUPPORTED', `${path} has format version ${format}, and not ${FORMAT}`);
      const prepared = Object.entries(STATEMENTS).map(([name, sql]) => [name, this.db.prepare(sql)]);
      this.statements = Object.fromEntries(prepared) as typeof this.statements;
      const progress = this.statements.progress.get() as unknown as ProgressRow;
      this.nextOffsets = JSON.parse(progress.next_offsets);
      this.trimmed = progress.trimmed;
      this.produced = progress.produced;
    } catch (error) {
      if (error instanceof BeckonError) throw error;
      const { message } = error as Error;
      throw new BeckonError('FILE_UNREADABLE', `${path} cannot be used: ${message}. It may be removed.`, {
        cause: error,
      });
    }
  }

  latest(customer: string): LatestDecision | undefined {
    const row = this.statements.latest.get(customer) as { decision: string; campaign: string | null } | undefined;
    return row === undefined ? undefined : { decision: row.decision, campaign: row.campaign ?? undefined };
  }

  /**
   * @param nextOffsets the log was looked through up to there
   * @param decisions by customer
   */
  commit(
    nextOffsets: readonly number[],
    messages: readonly OutMessage[],
    decisions: ReadonlyMap<string, LatestDecision> = new Map(),
  ): void {
    const { statements } = this;
    let newest = 0;
    this.transaction(() => {
      for (const [customer, { decision, campaign }] of decisions)
        statements.putLatest.run(customer, decision, campaign ?? null);
      for (const { customer, campaign, campaignBefore, body, headers } of messages) {
        const told = headers.length === 0 ? null : headersText(headers);
        const put = statements.put.run(customer, campaign ?? null, campaignBefore ?? null, body, told);
        newest = Number(put.lastInsertRowid);
      }
      const trimmed = Math.max(this.trimmed, newest - LIMITS.streamMessagesMax);
      if (trimmed > this.trimmed) statements.trim.run(trimmed);
      statements.putProgress.run(JSON.stringify(nextOffsets), trimmed);
      this.trimmed = trimmed;
    });
    this.nextOffsets = [...nextOffsets];
  }

  /** All up to a cursor stands in the topic. */
  markProduced(cursor: number): void {
    this.statements.putProduced.run(cursor);
    this.produced = cursor;
  }

  /** Customers of whom anything is here. */
  *customers(): Generator<string> {
    for (const { customer } of this.statements.customers.iterate() as Iterable<{ customer: string }>) yield customer;
  }

  /** Removes all that is here of customers, bytes included. */
  forget(customers: readonly string[]): void {
    const { removeLatest, removeMessages } = this.statements;
    this.transaction(() => {
      for (const customer of customers) {
        removeLatest.run(customer);
        removeMessages.run(customer);
      }
    });
    this.db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
  }

  close(): void {
    if (this.db.isOpen) this.db.close();
  }

  private transaction(work: () => void): void {
    this.statements.begin.run();
    try {
      work();
      this.statements.commit.run();
    } catch (error) {
      this.statements.rollback.run();
      throw error;
    }
  }
}

const STATEMENTS = {
  begin: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  progress: 'SELECT * FROM progress',
  putProgress: 'UPDATE progress SET next_offsets = ?, trimmed = ?',
  putProduced: 'UPDATE progress SET produced = ?',
  latest: 'SELECT decision, campaign FROM latest WHERE customer = ?',
  putLatest: 'INSERT OR REPLACE INTO latest VALUES (?, ?, ?)',
  put: 'INSERT INTO message (customer, campaign, campaign_before, body, headers) VALUES (?, ?, ?, ?, ?)',
  trim: 'DELETE FROM message WHERE cursor <= ?',
  customers: 'SELECT customer FROM latest UNION SELECT customer FROM message',
  removeLatest: 'DELETE FROM latest WHERE customer = ?',
  removeMessages: 'DELETE FROM message WHERE customer = ?',
} as const;

/** Offset of the first record of an embedded log that the outbox at a path still waits for; Infinity where there is none. */
export const outboxNeeds = (path: string): number => {
  if (!existsSync(path)) return Number.POSITIVE_INFINITY;
  const db = openDatabase(path, { timeoutMs: LOCK_TIMEOUT_MS, readOnly: true });
  try {
    const progress = db.prepare('SELECT * FROM progress').get();
    // It may still be of the first format, or on its way into being.
    return (progress?.next_offset as number | undefined) ?? JSON.parse(String(progress?.next_offsets ?? '[0]'))[0];
  } finally {
    db.close();
  }
};
