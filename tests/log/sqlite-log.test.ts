import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { contractOfEventLog } from './contract.ts';
import { appendCounts, groupAt, readAll, recordsAt } from './groups.ts';

let made = 0;
const open = (t: TestContext, path: string): SqliteLog => {
  const log = SqliteLog.open(path);
  t.after(() => log.close());
  return log;
};

contractOfEventLog('SQLite log', (t) => open(t, join(tempFolder(t), `log-${made++}.db`)));

/** A closed log of groups with these counts. */
const writtenLog = async (t: TestContext, counts: readonly number[]) => {
  const path = join(tempFolder(t), 'log.db');
  const log = open(t, path);
  const groups = await appendCounts(log, counts);
  await log.close();
  return { path, groups };
};

const change = (path: string, sql: string): void => {
  const db = new DatabaseSync(path, { timeout: 1000 });
  db.exec(sql);
  db.close();
};

test('a log that is opened again has the same groups, and goes on at its end', async (t) => {
  const { path, groups } = await writtenLog(t, [3, 1, 20]);
  const log = open(t, path);
  assert.deepEqual(log.ends(), [24]);
  assert.equal(log.lastLogTimeMs(), groups[2].logTimeMs);
  assert.deepEqual(await readAll(log), groups);
  assert.deepEqual(await log.append(groupAt(24, 1, 10)), { partition: 0, firstOffset: 24 });
});

test('a log that is opened for reading shows everything, also beside its writer, and refuses appends', async (t) => {
  const path = join(tempFolder(t), 'log.db');
  assert.throws(() => SqliteLog.openReadOnly(path), { code: 'LOG_UNAVAILABLE' });
  const writer = open(t, path);
  const groups = await appendCounts(writer, [2, 2]);
  const log = SqliteLog.openReadOnly(path);
  t.after(() => log.close());
  await assert.rejects(log.append(groupAt(4, 1, 10)), { code: 'LOG_UNAVAILABLE' });
  assert.deepEqual(await readAll(log), groups);
  await writer.append(groupAt(4, 1, 10));
  await log.close();
  await writer.close();
});

test('the write-ahead log stays small while much is appended, also during a read that is not finished', async (t) => {
  const path = join(tempFolder(t), 'log.db');
  const log = open(t, path);
  await appendCounts(log, [1, 1]);
  const reading = log.read([0])[Symbol.asyncIterator]();
  await reading.next();
  for (let offset = 2; offset < 202; offset++) await log.append(groupAt(offset, 1, 100_000));
  assert.ok(statSync(`${path}-wal`).size < 2_000_000, `${statSync(`${path}-wal`).size} bytes`);
  assert.equal((await reading.next()).value.firstOffset, 1);
});

test('a flipped byte is found when the group is read, and the groups before it are still given', async (t) => {
  const { path, groups } = await writtenLog(t, [200, 300, 200]);
  const file = readFileSync(path);
  const at = file.indexOf(groups[1].records.subarray(0, 64));
  file[at + 20] ^= 4;
  writeFileSync(path, file);
  const log = open(t, path);
  const seen: number[] = [];
  const reading = async () => {
    for await (const group of log.read([0])) seen.push(group.firstOffset);
  };
  await assert.rejects(reading, { code: 'LOG_DAMAGED', message: /offset 200\b/ });
  assert.deepEqual(await readAll(log, 500), [groups[2]]);
});

test('a last group that is damaged refuses to open', async (t) => {
  const { path } = await writtenLog(t, [1, 4]);
  change(path, 'UPDATE log_group SET records = zeroblob(40) WHERE first_offset = 1');
  assert.throws(() => SqliteLog.open(path), { code: 'LOG_DAMAGED', message: /offset 1\b/ });
});

for (const [what, sql] of [
  ['a changed count', 'UPDATE log_group SET count = 4 WHERE first_offset = 2'],
  ['a changed log time', 'UPDATE log_group SET log_time_ms = log_time_ms + 1 WHERE first_offset = 2'],
  ['a moved group', 'UPDATE log_group SET first_offset = 3 WHERE first_offset = 2'],
  ['a lost group', 'DELETE FROM log_group WHERE first_offset = 2'],
]) {
  test(`${what} is found and named by its offset`, async (t) => {
    const { path } = await writtenLog(t, [2, 3, 1]);
    change(path, sql);
    await assert.rejects(readAll(open(t, path)), { code: 'LOG_DAMAGED', details: { offset: 2 } });
  });
}

test('a last group that is lost while the log is open is missed', async (t) => {
  const { path } = await writtenLog(t, [2, 3]);
  const log = open(t, path);
  change(path, 'DELETE FROM log_group WHERE first_offset = 2');
  await assert.rejects(readAll(log), { code: 'LOG_DAMAGED', details: { offset: 2 } });
});

test('a log of a newer format is refused in words, whether all of it is newer or one group', async (t) => {
  const { path } = await writtenLog(t, [2, 3, 1]);
  change(path, 'UPDATE log_group SET format = 2 WHERE first_offset = 2');
  const newer = { code: 'DATA_FORMAT_UNSUPPORTED', message: /format version 2; .* up to 1/ };
  await assert.rejects(readAll(open(t, path)), newer);
  change(path, 'PRAGMA user_version = 2');
  assert.throws(() => SqliteLog.open(path), newer);
  assert.throws(() => SqliteLog.openReadOnly(path), newer);
});

test('a file that is no log is refused and left as it is', (t) => {
  const path = join(tempFolder(t), 'log.db');
  writeFileSync(path, recordsAt(7, 5000));
  assert.throws(() => SqliteLog.open(path), { code: 'LOG_DAMAGED' });
  assert.deepEqual(new Uint8Array(readFileSync(path)), recordsAt(7, 5000));
  const other = join(tempFolder(t), 'other.db');
  change(other, 'CREATE TABLE mine (a)');
  assert.throws(() => SqliteLog.open(other), { code: 'DATA_FORMAT_UNSUPPORTED' });
});
