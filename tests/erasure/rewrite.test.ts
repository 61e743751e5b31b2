import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { EventLog } from '../../src/log/event-log.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { readAll } from '../log/groups.ts';
import { tempFolder } from '../support/temp-folder.ts';

const CHILD = fileURLToPath(new URL('./rewrite-child.ts', import.meta.url));
const SECRET = 'said-in-confidence';
const record = (text: string, bytes = 0): Uint8Array => {
  const body = Buffer.from(text.padEnd(bytes, '.'));
  const all = Buffer.alloc(4 + body.length);
  all.writeUInt32LE(all.length, 0);
  body.copy(all, 4);
  return new Uint8Array(all);
};

/** Groups of 1 to 4 records, small and longer than a page; every third holds the secret. */
const fill = async (log: EventLog, groups = 12): Promise<Uint8Array[]> => {
  const all: Uint8Array[] = [];
  for (let group = 0; group < groups; group++) {
    const records = Array.from({ length: 1 + (group % 4) }, (_, i) =>
      record((all.length + i) % 3 === 0 ? SECRET : `open-${group}`, group % 5 === 4 ? 20_000 : 0),
    );
    all.push(...records);
    await log.append({ records: Buffer.concat(records), count: records.length, logTimeMs: group });
  }
  return all;
};

const bytesOf = async (log: EventLog): Promise<Buffer> =>
  Buffer.concat((await readAll(log)).map(({ records }) => records));
const NEW = record('x');
const replaced = (all: readonly Uint8Array[]): Buffer => Buffer.concat(all.map((one, i) => (i % 3 === 0 ? NEW : one)));

const holds = (folder: string, text: string): string[] =>
  readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(text));

const openIn = (t: TestContext, folder: string): SqliteLog => {
  const log = SqliteLog.open(join(folder, 'log.db'));
  t.after(() => log.close());
  return log;
};

for (const [name, make] of [
  ['memory log', () => new MemoryLog()],
  ['SQLite log', (t: TestContext) => openIn(t, tempFolder(t))],
] as const)
  test(`${name}: records are replaced where they stand, while others are appended`, async (t) => {
    const log: EventLog = make(t);
    const all = await fill(log);
    const before = await readAll(log);
    const others = new Map(all.flatMap((_, i) => (i % 3 === 0 ? [[i, NEW] as const] : [])));
    let isAppended = false;
    await log.rewrite(others, async () => {
      if (isAppended) return;
      isAppended = true;
      await log.append({ records: record('late'), count: 1, logTimeMs: 100 });
    });
    const after = await readAll(log);
    for (const [i, { firstOffset, count, logTimeMs }] of before.entries())
      assert.deepEqual([after[i].firstOffset, after[i].count, after[i].logTimeMs], [firstOffset, count, logTimeMs]);
    const late = isAppended ? [record('late')] : [];
    assert.deepEqual(await bytesOf(log), Buffer.concat([replaced(all), ...late]));
  });

test('no file keeps what was replaced once the log is closed, also where somebody still reads', async (t) => {
  const folder = tempFolder(t);
  const log = openIn(t, folder);
  const all = await fill(log);
  const reader = SqliteLog.openReadOnly(join(folder, 'log.db'));
  t.after(() => reader.close());
  assert.notDeepEqual(holds(folder, SECRET), []);
  await log.rewrite(new Map(all.flatMap((_, i) => (i % 3 === 0 ? [[i, NEW] as const] : []))));
  await log.close();
  assert.deepEqual(holds(folder, SECRET), []);
  assert.deepEqual(reader.secret, log.secret);
});

test('a rewriting that kill -9 broke off is ended at the next start', async (t) => {
  for (const groups of [1, 4, 7]) {
    const folder = tempFolder(t);
    const path = join(folder, 'log.db');
    const first = SqliteLog.open(path);
    const all = await fill(first);
    await first.close();
    const { signal, stderr } = spawnSync(process.execPath, [CHILD, path, String(groups)], { encoding: 'utf8' });
    assert.equal(signal, 'SIGKILL', stderr);
    const cut = SqliteLog.openReadOnly(path);
    assert.notDeepEqual(await bytesOf(cut), replaced(all), 'not ended before');
    await cut.close();
    const again = openIn(t, folder);
    assert.deepEqual(await bytesOf(again), replaced(all));
    await again.close();
    assert.deepEqual(holds(folder, SECRET), []);
  }
});
