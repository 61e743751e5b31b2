import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { CheckpointStore } from '../../src/state/checkpoint-store.ts';
import { everyKind, HOUR_MS, link, NOW_MS, order } from '../erasure/erasure-events.ts';
import { FoldedLog } from '../erasure/folded-log.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { MarkedState, restored } from './marked-state.ts';

/** Two checkpoints and a tail. */
const twoCheckpoints = async (folder: string) => {
  const store = new CheckpointStore(folder);
  const state = new FoldedLog(everyKind);
  for (let i = 0; i < 3; i++) {
    for (let n = 0; n < 5; n++)
      await state.commit([order(`ada-${n}`, i + n), link(`ada-${n}`, `phone:${i}-${n}`)], NOW_MS + i * HOUR_MS);
    if (i < 2) await new MarkedState(state).write(store);
  }
  return { store, state };
};

/** What is done to the newest checkpoint, and the words in which it is refused. */
const DAMAGES: readonly (readonly [name: string, why: RegExp, damage: (path: string) => void])[] = [
  ['a byte of a shard', /shard-\d\d does not match its checksum/, (path) => flip(join(path, shardOf(path)), 5000)],
  [
    'a byte at the end of a shard',
    /shard-\d\d does not match its checksum/,
    (path) => flip(join(path, shardOf(path)), -3),
  ],
  ['a cut shard', /bytes instead of/, (path) => truncateSync(join(path, 'shard-03'), 100)],
  ['a missing shard', /ENOENT/, (path) => rmSync(join(path, 'shard-01'))],
  ['what stands beside the shards', /rest\.json does not match/, (path) => flip(join(path, 'rest.json'), 10)],
  ['a torn manifest', /its manifest cannot be read/, (path) => truncateSync(join(path, 'manifest.json'), 50)],
  ['a changed manifest', /it does not match its checksum/, (path) => change(path, { offsets: [1] }, false)],
  ['another format', /format version 99/, (path) => change(path, { format: 99 })],
  ['another layout', /other features, items or limits/, (path) => change(path, { layout: 'x' })],
  ['another log', /of another log/, (path) => change(path, { log: 'x' })],
  ['an offset behind the end', /the log ends at 30/, (path) => change(path, { offsets: [31] })],
];

/** The largest file holds rows. */
const shardOf = (path: string): string =>
  readdirSync(path)
    .filter((name) => name.startsWith('shard'))
    .sort((a, b) => readFileSync(join(path, b)).length - readFileSync(join(path, a)).length)[0];

const flip = (path: string, at: number): void => {
  const bytes = readFileSync(path);
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  writeFileSync(path, bytes);
};

/** @param isSealed whether the manifest's checksum is that of what it says then */
const change = (path: string, changes: object, isSealed = true): void => {
  const file = join(path, 'manifest.json');
  const { checksum, checkpoint: before } = JSON.parse(readFileSync(file, 'utf8'));
  const checkpoint = { ...before, ...changes };
  writeFileSync(
    file,
    JSON.stringify({ checksum: isSealed ? crc32(JSON.stringify(checkpoint)) : checksum, checkpoint }),
  );
};

test('a checkpoint that cannot be used is passed over with the reason, for the one before it and then for the log', async (t) => {
  const folder = tempFolder(t);
  const { state } = await twoCheckpoints(folder);
  for (const [name, why, damage] of DAMAGES) {
    const copy = join(tempFolder(t), 'copy');
    cpSync(folder, copy, { recursive: true });
    const store = new CheckpointStore(copy);
    const [newest, older] = store.list();
    damage(newest.path);
    const first = await restored(everyKind, state.log, store);
    assert.deepEqual([first.checkpoint, first.refused.length], [older.number, 1], name);
    assert.match(first.refused[0], why);
    assert.equal(first.state.hash, state.hash, name);
    damage(older.path);
    const second = await restored(everyKind, state.log, store);
    assert.deepEqual([second.checkpoint, second.refused.length], [undefined, 2], name);
    assert.equal(second.state.hash, state.hash, `${name}: nothing of it is left in memory`);
    // The next one takes their place.
    await new MarkedState(second.state).write(store);
    const third = await restored(everyKind, state.log, store);
    assert.deepEqual([third.checkpoint, third.refused], [newest.number + 1, []], name);
    assert.equal(third.state.hash, state.hash);
  }
});

test('a checkpoint of one log is not taken for a start on another', async (t) => {
  const { store } = await twoCheckpoints(tempFolder(t));
  const other = new FoldedLog(everyKind, new MemoryLog());
  for (let n = 0; n < 40; n++) await other.commit([order(`bob-${n}`, n)], NOW_MS);
  const start = await restored(everyKind, other.log, store);
  assert.deepEqual([start.checkpoint, start.state.hash], [undefined, other.hash]);
});

test('what a crash has left of a checkpoint that was being written is nothing, and goes', async (t) => {
  const folder = tempFolder(t);
  const { store, state } = await twoCheckpoints(folder);
  const { path, number } = store.begin();
  writeFileSync(join(path, 'shard-00'), 'half');
  mkdirSync(join(folder, 'checkpoints', '99'));
  const start = await restored(everyKind, state.log, store);
  assert.deepEqual([start.checkpoint, start.refused.length], [2, 1]);
  assert.equal(start.state.hash, state.hash);
  store.removeParts();
  assert.equal(existsSync(path), false);
  assert.equal(number, 3);
});
