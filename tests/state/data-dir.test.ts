import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DataDir, readMeta } from '../../src/state/data-dir.ts';
import { tempFolder } from '../support/temp-folder.ts';

const wanted = { shards: 16, pack: 'retail', nowMs: Date.UTC(2011, 5, 11) };

test('a new directory is made with its parents, and keeps what it was made with', (t) => {
  const path = join(tempFolder(t), 'a', 'b');
  const first = DataDir.open(path, wanted);
  t.after(() => first.close());
  const meta = { format: 1, shards: 16, pack: 'retail', createdAtMs: wanted.nowMs };
  assert.deepEqual(first.meta, meta);
  assert.deepEqual(readMeta(path), meta, 'readable while it is held');
  first.close();
  first.close();
  const again = DataDir.open(path, { ...wanted, nowMs: 5 });
  t.after(() => again.close());
  assert.deepEqual(again.meta, meta);
});

test('a second process is kept out until the first one dies', async (t) => {
  const path = tempFolder(t);
  const child = spawn(process.execPath, [join(import.meta.dirname, 'data-dir-child.ts'), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  assert.throws(() => DataDir.open(path, wanted), { code: 'DATA_DIR_LOCKED', message: /Another process uses/ });
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
  const dir = DataDir.open(path, wanted);
  assert.throws(() => DataDir.open(path, wanted), { code: 'DATA_DIR_LOCKED' }, 'not twice in one process either');
  dir.close();
});

test('another number of shards is refused with both numbers, and the lock is let go', (t) => {
  const path = tempFolder(t);
  DataDir.open(path, wanted).close();
  assert.throws(() => DataDir.open(path, { ...wanted, shards: 8 }), {
    code: 'CONFIG_INVALID',
    message: /made with 16 shards, but 8 are configured/,
  });
  DataDir.open(path, wanted).close();
});

test('another pack is refused with both names; a renamed one is taken when meta.json says its new name', (t) => {
  const path = tempFolder(t);
  DataDir.open(path, wanted).close();
  const other = { ...wanted, pack: 'bank' };
  assert.throws(() => DataDir.open(path, other), {
    code: 'CONFIG_INVALID',
    message: /made with the pack `retail`, but the pack `bank` is configured.*renamed\?/,
  });
  const file = join(path, 'meta.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('retail', 'bank'));
  DataDir.open(path, other).close();
});

test('a newer format is refused with both versions', (t) => {
  const path = tempFolder(t);
  DataDir.open(path, wanted).close();
  writeFileSync(join(path, 'meta.json'), '{"format":2,"parts":[]}');
  assert.throws(() => DataDir.open(path, wanted), {
    code: 'DATA_FORMAT_UNSUPPORTED',
    message: /format version 2; .* up to 1/,
  });
});

test('damaged meta is refused and not written over; a log without meta is not taken for a new directory', (t) => {
  const path = tempFolder(t);
  DataDir.open(path, wanted).close();
  const file = join(path, 'meta.json');
  for (const text of ['', 'null', '{"format":1,"shards":"16"}', readFileSync(file, 'utf8').replace('T', '?')]) {
    writeFileSync(file, text);
    assert.throws(() => DataDir.open(path, wanted), { code: 'FILE_UNREADABLE' });
    assert.equal(readFileSync(file, 'utf8'), text);
  }
  rmSync(file);
  writeFileSync(join(path, 'log.db'), '');
  assert.throws(() => DataDir.open(path, wanted), { code: 'FILE_UNREADABLE', message: /holds a log but no/ });
});

test('a path that cannot be a directory is refused in words', (t) => {
  const path = tempFolder(t);
  writeFileSync(join(path, 'file'), '');
  assert.throws(() => DataDir.open(join(path, 'file'), wanted), { code: 'CONFIG_INVALID', message: /cannot be used/ });
  mkdirSync(join(path, 'full', 'lock.db'), { recursive: true });
  assert.throws(() => DataDir.open(join(path, 'full'), wanted), { code: 'CONFIG_INVALID' });
});
