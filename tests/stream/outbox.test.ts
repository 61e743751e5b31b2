import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Outbox } from '../../src/state/outbox.ts';
import { OutboxReader } from '../../src/state/outbox-reader.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** As the versions before made it. */
const SCHEMAS: readonly [format: number, sql: string][] = [
  [
    1,
    'CREATE TABLE progress (one INTEGER PRIMARY KEY, trimmed INTEGER NOT NULL, next_offset INTEGER NOT NULL) STRICT; INSERT INTO progress VALUES (0, 0, 7)',
  ],
  [
    2,
    "CREATE TABLE progress (one INTEGER PRIMARY KEY, trimmed INTEGER NOT NULL, next_offsets TEXT NOT NULL, produced INTEGER NOT NULL) STRICT; INSERT INTO progress VALUES (0, 0, '[7]', 1)",
  ],
];
const TABLES = `
  CREATE TABLE message (cursor INTEGER PRIMARY KEY AUTOINCREMENT, customer TEXT NOT NULL, campaign TEXT, campaign_before TEXT, body TEXT NOT NULL) STRICT;
  CREATE TABLE latest (customer TEXT PRIMARY KEY, decision TEXT NOT NULL, campaign TEXT) STRICT, WITHOUT ROWID;
  INSERT INTO message (customer, body) VALUES ('ada', '{"type":"decision.made"}');
`;

test('an outbox of an earlier version goes on with what it holds', (t) => {
  for (const [format, sql] of SCHEMAS) {
    const path = join(tempFolder(t), 'outbox.db');
    const old = new DatabaseSync(path);
    old.exec(`${TABLES} ${sql}; PRAGMA user_version = ${format}`);
    old.close();
    const headers = [['traceparent', Buffer.from('00-1')]] as const;
    for (let times = 1; times <= 2; times++) {
      const outbox = new Outbox(path, [0]);
      const message = {
        customer: 'bob',
        campaign: undefined,
        campaignBefore: undefined,
        body: '{"type":"trigger.fired"}',
      };
      assert.deepEqual([outbox.nextOffsets, outbox.produced], [times === 1 ? [7] : [8], format - 1]);
      outbox.commit(
        [8],
        [
          { ...message, headers },
          { ...message, headers: [] },
        ],
      );
      outbox.close();
    }
    const reader = new OutboxReader(path);
    t.after(() => reader.close());
    const told = reader.after(0, 10).messages.map(({ customer, headers }) => [customer, headers]);
    const kept = '[["traceparent","MDAtMQ=="]]';
    assert.deepEqual(told, [
      ['ada', null],
      ['bob', kept],
      ['bob', null],
      ['bob', kept],
      ['bob', null],
    ]);
  }
});
