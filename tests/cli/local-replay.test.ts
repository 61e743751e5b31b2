import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS } from '../../src/base/limits.ts';
import { DataDir } from '../../src/state/data-dir.ts';
import { cloudEvent } from '../support/cloud-event.ts';
import { packFolder } from '../support/pack-folder.ts';
import { type CommandRun, runCommand } from './run-command.ts';
import { dataDirOf, eventsFile, order, SHOP } from './shop-files.ts';

const pack = packFolder(SHOP);

const replay = (file: string, dataDir: string, ...more: string[]): Promise<CommandRun> =>
  runCommand(['replay', file, '--format', 'cloudevents', '--data-dir', dataDir, '--pack', pack, ...more]);

const row = (table: string, name: string): string | undefined => new RegExp(`^${name} {2,}(.+)$`, 'm').exec(table)?.[1];

const inspectState = async (dataDir: string): Promise<Record<string, unknown>> =>
  JSON.parse((await runCommand(['inspect', 'state', '--data-dir', dataDir, '--pack', pack])).stdout);

test('without --url the data directory gets the events, once each, and gives the same state each time', async (t) => {
  const file = eventsFile(t, [order('ada', 1, 10), order('ada', 2, 20), order('ada', 2, 20), order('bo', 3, 5)]);
  const dataDir = dataDirOf(t);
  const first = await replay(file, dataDir);
  assert.deepEqual([first.code, first.stderr], [0, '']);
  assert.deepEqual(
    ['rows read', 'events made', 'accepted', 'duplicates', 'rejected'].map((name) => row(first.stdout, name)),
    ['4', '4', '3', '1', '0'],
  );
  const state = await inspectState(dataDir);
  assert.deepEqual([state.customers, state.eventsApplied, state.logOffset], [2, 3, 3]);

  const again = await replay(file, dataDir);
  assert.deepEqual([again.code, row(again.stdout, 'accepted'), row(again.stdout, 'duplicates')], [0, '0', '4']);
  const after = await inspectState(dataDir);
  assert.deepEqual([after.eventsApplied, after.stateHash], [3, state.stateHash]);

  const other = dataDirOf(t);
  await replay(file, other);
  assert.equal((await inspectState(other)).stateHash, state.stateHash);
});

test('events from the future are refused by the wall clock and taken by the clock of the log', async (t) => {
  const file = eventsFile(t, [order('ada', 1, 10), cloudEvent({ id: 'later', time: '2098-01-01T00:00:00Z' })]);
  const wall = await replay(file, dataDirOf(t));
  assert.deepEqual([wall.code, row(wall.stdout, 'accepted')], [0, '1']);
  assert.equal(row(wall.stdout, 'rejected: EVENT_FROM_FUTURE'), '1');
  const log = await replay(file, dataDirOf(t), '--clock', 'log');
  assert.deepEqual([row(log.stdout, 'accepted'), row(log.stdout, 'rejected')], ['2', '0']);
});

test('lines that are no events are counted by code, and the rest goes on', async (t) => {
  const file = eventsFile(t, [
    cloudEvent({ type: 'order.place' }),
    cloudEvent({ data: { orderId: '1', amount: 'ten' } }),
    order('ada', 1, 10),
  ]);
  const { code, stdout, stderr } = await replay(file, dataDirOf(t));
  assert.equal(code, 0);
  assert.equal(row(stdout, 'rejected: EVENT_TYPE_UNKNOWN'), '1');
  assert.equal(row(stdout, 'rejected: EVENT_DATA_INVALID'), '1');
  assert.equal(row(stdout, 'accepted'), '1');
  assert.match(stderr, /line 1: .*did you mean order\.placed/);
});

test('a data directory that a service uses is left alone', async (t) => {
  const dataDir = dataDirOf(t);
  const held = DataDir.open(dataDir, { shards: LIMITS.shards, pack: 'shop', nowMs: 0 });
  t.after(() => held.close());
  const { code, stderr } = await replay(eventsFile(t, [order('ada', 1, 10)]), dataDir);
  assert.equal(code, 1);
  assert.match(stderr, /^beckon: DATA_DIR_LOCKED: /);
});
