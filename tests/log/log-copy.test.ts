import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { LogGroup } from '../../src/log/event-log.ts';
import { copyLog, cutLog, verifyLog } from '../../src/log/log-copy.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { appendCounts, groupAt, readAll } from './groups.ts';

const RECORD_BYTES = 10;

/** A log that is open, with what was appended to it. */
const logOf = async (t: TestContext, counts: readonly number[]) => {
  const path = join(tempFolder(t), 'log.db');
  const log = SqliteLog.open(path);
  t.after(() => log.close());
  return { path, log, groups: await appendCounts(log, counts) };
};

const groupsOf = async (t: TestContext, path: string): Promise<LogGroup[]> => {
  const log = SqliteLog.openReadOnly(path);
  t.after(() => log.close());
  return readAll(log);
};

const firstRecords = (records: Uint8Array, count: number): Uint8Array => records.subarray(0, count * RECORD_BYTES);

test('a copy is the log of the moment at which it began, however much is appended meanwhile', async (t) => {
  const { path, log } = await logOf(t, []);
  for (let i = 0; i < 200; i++) await log.append(groupAt(log.ends()[0], 1, 64 * 1024));
  const before = log.ends()[0];
  const copy = join(tempFolder(t), 'copy.db');
  const seen: number[] = [];
  const appended: Promise<unknown>[] = [];
  await copyLog(path, copy, (pages) => {
    seen.push(pages);
    // A copy that begins anew with each append would never end.
    if (seen.length < 50) appended.push(log.append(groupAt(log.ends()[0], 1, 64 * 1024)));
  });
  await Promise.all(appended);
  assert.ok(seen.length > 1, 'it was copied in several steps');
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
    'no append made it begin anew',
  );
  assert.equal(log.ends()[0], before + seen.length);
  assert.deepEqual(await verifyLog(copy), { start: 0, groups: before, records: before, lastLogTimeMs: 1000 });
  assert.deepEqual(await groupsOf(t, copy), (await groupsOf(t, path)).slice(0, before));
});

test('a copy is one file, and reading it makes none beside it', async (t) => {
  const { path } = await logOf(t, [2, 3]);
  const folder = tempFolder(t);
  await copyLog(path, join(folder, 'copy.db'));
  await verifyLog(join(folder, 'copy.db'));
  assert.deepEqual(readdirSync(folder), ['copy.db']);
});

test('a cut keeps what was before it, splits a group around it, and the log goes on from there', async (t) => {
  for (let until = 0; until <= 9; until++) {
    const { path, log, groups } = await logOf(t, [1, 3, 4, 1]);
    await log.close();
    cutLog(path, until, firstRecords);
    const expected = groups
      .filter(({ firstOffset }) => firstOffset < until)
      .map((group) => {
        const count = Math.min(group.count, until - group.firstOffset);
        return { ...group, count, records: firstRecords(group.records, count) };
      });
    assert.deepEqual(
      (await groupsOf(t, path)).map((group) => ({ ...group, records: Buffer.from(group.records) })),
      expected.map((group) => ({ ...group, records: Buffer.from(group.records) })),
      `until ${until}`,
    );
    const again = SqliteLog.open(path);
    t.after(() => again.close());
    assert.equal((await again.append(groupAt(until, 2, 20, again.lastLogTimeMs()))).firstOffset, until);
  }
});

test('nothing of what was cut is left in the file', async (t) => {
  const { path, log } = await logOf(t, [1]);
  const gone = Buffer.from('the only place where this sentence stands');
  await log.append({ records: Buffer.concat([new Uint8Array(RECORD_BYTES), gone]), count: 2, logTimeMs: 2000 });
  await log.append({ records: gone, count: 1, logTimeMs: 2000 });
  await log.close();
  assert.ok(readFileSync(path).includes(gone));
  cutLog(path, 2, firstRecords);
  assert.ok(!readFileSync(path).includes(gone));
});
