import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { LIMITS } from '../../src/base/limits.ts';
import type { Event } from '../../src/events/event.ts';
import { RecordWriter } from '../../src/events/record.ts';
import { readEvent } from '../../src/events/validate.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { backUp } from '../../src/state/backup.ts';
import { DataDir } from '../../src/state/data-dir.ts';
import { restore } from '../../src/state/restore.ts';
import { stateAfter } from '../support/folded-log.ts';
import { packFolder } from '../support/pack-folder.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { runCommand } from './run-command.ts';
import { dataDirOf, eventsFile, order, SHOP } from './shop-files.ts';

const pack = packFolder(SHOP);

const succeed = async (...args: string[]): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await runCommand(args);
  assert.deepEqual([code, stderr], [0, '']);
  return JSON.parse(stdout);
};
const restoreArgs = (folder: string, dataDir: string) => ['restore', folder, '--data-dir', dataDir, '--pack', pack];
const logOf = (dataDir: string): string => join(dataDir, 'log.db');

/** Groups of 2, 6 and 6 events. The third order of each customer comes twice. */
const GROUPS = [[1], [2, 3, 3], [4, 5, 6]].map((days) =>
  days.flatMap((day) => [order('ada', day, day), order('bo', day, 10 * day)]),
);

/** A data directory that holds them. */
const filled = async (t: TestContext): Promise<string> => {
  const dataDir = DataDir.open(dataDirOf(t), { shards: LIMITS.shards, pack: 'shop', nowMs: 0 });
  const log = SqliteLog.open(dataDir.logPath);
  const records = new RecordWriter();
  for (const events of GROUPS) {
    records.reset();
    for (const event of events) records.write(readEvent(event) as Event);
    await log.append({ records: records.bytes(), count: records.count, logTimeMs: Date.UTC(2024, 1, 1) });
  }
  await log.close();
  dataDir.close();
  return dataDir.path;
};

/** A backup of such a directory. */
const backedUp = async (t: TestContext): Promise<string> => {
  const folder = join(tempFolder(t), 'backup');
  await backUp(await filled(t), folder);
  return folder;
};

/** @param damage done to the database of a backup */
const damaged = async (t: TestContext, damage: string): Promise<string> => {
  const folder = await backedUp(t);
  const db = new DatabaseSync(logOf(folder));
  db.exec(damage);
  db.close();
  return folder;
};

test('what was backed up comes back: the same state, and a directory that takes events', async (t) => {
  const dataDir = await filled(t);
  const folder = join(tempFolder(t), 'new', 'backup');
  const told = await succeed('backup', folder, '--data-dir', dataDir);
  const logTime = '2024-02-01T00:00:00.000Z';
  assert.deepEqual(told, { backup: folder, groups: 3, events: 14, logOffset: 13, logTime });
  assert.deepEqual(readdirSync(folder).sort(), ['log.db', 'meta.json']);
  assert.ok(!existsSync(`${folder}.part`));
  const restored = dataDirOf(t);
  const state = await succeed(...restoreArgs(folder, restored));
  assert.deepEqual(state, await succeed('inspect', 'state', '--data-dir', dataDir, '--pack', pack));
  const file = eventsFile(t, [order('ada', 6, 6), order('ada', 7, 7)]);
  const args = ['--format', 'cloudevents', '--clock', 'log', '--data-dir', restored, '--pack', pack];
  const { stdout } = await runCommand(['replay', file, ...args]);
  assert.match(stdout, /^accepted +1\nduplicates +1$/m);
});

test('--until: the state of that offset, in the middle of a group too', async (t) => {
  const folder = await backedUp(t);
  const stateOf = (dataDir: string, records: number) => stateAfter(logOf(dataDir), pack, records);
  for (const until of [0, 1, 2, 7, 8, 13, 14]) {
    const target = dataDirOf(t);
    assert.equal((await restore(folder, target, until)).records, until);
    assert.deepEqual(await stateOf(target, 99), await stateOf(folder, until), `until ${until}`);
  }
  const told = await succeed(...restoreArgs(folder, dataDirOf(t)), '--until', '5');
  assert.deepEqual(told, await stateOf(folder, 5));
  const target = dataDirOf(t);
  const message = 'the backup ends at offset 14, before 15';
  await assert.rejects(restore(folder, target, 15), { code: 'USAGE', message });
  assert.deepEqual(readdirSync(target), ['lock.db']);
  await restore(folder, target, undefined);
  assert.match((await runCommand([...restoreArgs(folder, dataDirOf(t)), '--until', '5x'])).stderr, /USAGE: --until/);
});

test('a damaged backup is refused with the offset, leaves nothing to start on, and gives what is before', async (t) => {
  const zeroed = 'UPDATE log_group SET records = zeroblob(length(records)) WHERE first_offset = 8';
  const folder = await damaged(t, zeroed);
  const target = dataDirOf(t);
  const { code, stderr } = await runCommand(restoreArgs(folder, target));
  assert.equal(code, 1);
  assert.match(stderr, /^beckon: LOG_DAMAGED: The log is damaged at offset 8: /);
  assert.deepEqual(readdirSync(target), ['lock.db']);
  await assert.rejects(restore(folder, target, 9), { code: 'LOG_DAMAGED', message: /offset 8/ });
  assert.equal((await restore(folder, target, 8)).records, 8);

  const gap = await damaged(t, 'DELETE FROM log_group WHERE first_offset = 2');
  await assert.rejects(restore(gap, dataDirOf(t), undefined), { code: 'LOG_DAMAGED', message: /offset 2/ });
});

test('a damaged data directory is not backed up as if it were whole', async (t) => {
  const dataDir = await damaged(t, 'UPDATE log_group SET log_time_ms = 0 WHERE first_offset = 2');
  const folder = join(tempFolder(t), 'backup');
  await assert.rejects(backUp(dataDir, folder), { code: 'LOG_DAMAGED', message: /offset 2/ });
  assert.deepEqual([existsSync(folder), existsSync(`${folder}.part`)], [false, false]);
});

test('a backup of a newer Beckon is refused, by its meta, its log and its groups', async (t) => {
  const newer = { code: 'DATA_FORMAT_UNSUPPORTED', message: /has format version 2; .* up to 1/ };
  for (const change of ['PRAGMA user_version = 2', 'UPDATE log_group SET format = 2 WHERE first_offset = 8'])
    await assert.rejects(restore(await damaged(t, change), dataDirOf(t), undefined), newer);
  const folder = await backedUp(t);
  writeFileSync(join(folder, 'meta.json'), '{"format":2,"pack":"shop"}');
  await assert.rejects(restore(folder, dataDirOf(t), undefined), newer);
});

test('nothing is written over: not a folder that holds something, not a directory in use', async (t) => {
  const folder = await backedUp(t);
  const isFull = { code: 'FILE_UNWRITABLE', message: /is not empty/ };
  await assert.rejects(backUp(await filled(t), folder), isFull);

  const full = tempFolder(t);
  writeFileSync(join(full, 'thesis.txt'), 'all of it');
  await assert.rejects(restore(folder, full, undefined), isFull);
  assert.deepEqual(readdirSync(full), ['thesis.txt'], 'not even a lock is left there');

  const used = dataDirOf(t);
  const held = DataDir.open(used, { shards: LIMITS.shards, pack: 'shop', nowMs: 0 });
  t.after(() => held.close());
  const { code, stderr } = await runCommand(restoreArgs(folder, used));
  assert.deepEqual([code, /^beckon: DATA_DIR_LOCKED: /.test(stderr)], [1, true]);
  held.close();
  await assert.rejects(restore(folder, used, undefined), isFull);
});

test('while a directory is restored no service starts on it, nor when the machine dies then', async (t) => {
  const target = dataDirOf(t);
  const open = (): DataDir => DataDir.open(target, { shards: LIMITS.shards, pack: 'shop', nowMs: 0 });
  let looked = 0;
  const verified = (): void => {
    looked++;
    assert.throws(open, { code: 'DATA_DIR_LOCKED' });
    // A log without meta.json is refused at a start.
    assert.deepEqual([existsSync(logOf(target)), existsSync(join(target, 'meta.json'))], [true, false]);
  };
  await restore(await backedUp(t), target, undefined, { verified });
  assert.equal(looked, GROUPS.length);
  open().close();
});

test('an empty folder is taken; one half made, a missing one and another pack are refused in words', async (t) => {
  const dataDir = await filled(t);
  const folder = tempFolder(t);
  await backUp(dataDir, folder);
  const empty = tempFolder(t);
  mkdirSync(join(empty, 'lost+found'));
  await restore(folder, empty, undefined);

  const half = join(tempFolder(t), 'backup');
  mkdirSync(`${half}.part`);
  await assert.rejects(backUp(dataDir, half), { code: 'FILE_UNWRITABLE', message: /broke off\. Remove it/ });
  assert.ok(existsSync(`${half}.part`));
  const nothing = dataDirOf(t);
  const missing = { code: 'FILE_UNREADABLE', message: /there is no data directory/ };
  await assert.rejects(backUp(nothing, half), missing);
  await assert.rejects(restore(nothing, dataDirOf(t), undefined), missing);
  assert.ok(!existsSync(nothing));
  assert.equal((await runCommand(['backup', '--data-dir', dataDir])).code, 2);

  const target = dataDirOf(t);
  const bank = ['--pack', packFolder({ ...SHOP, name: 'bank' })];
  const refused = await runCommand([...restoreArgs(folder, target), ...bank]);
  assert.deepEqual([refused.code, existsSync(target)], [2, false]);
  assert.match(refused.stderr, /is of the pack `shop`, but the pack `bank` is configured/);
});
