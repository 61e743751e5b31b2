import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dedupeWindows, makeStateMemory, viewState } from '../../src/app/shared-state.ts';
import { CheckpointMaker } from '../../src/app/threads/checkpoint-maker.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { Writer } from '../../src/state/writer.ts';
import { everyKind } from '../erasure/erasure-events.ts';
import { tempFolder } from '../support/temp-folder.ts';

test('one that is given up while it waits for rest keeps no pages when the rest comes', async (t) => {
  const memory = makeStateMemory(everyKind, LIMITS.shards);
  const view = viewState(everyKind, memory);
  const dedupe = dedupeWindows(everyKind, view.tables);
  const writer = new Writer({ log: new MemoryLog(), plan: everyKind.plan, ...view, dedupe, stopwatchMs: () => 0 });
  const asked = Promise.withResolvers<() => void>();
  const failures: Error[] = [];
  const maker = new CheckpointMaker({
    dataDir: tempFolder(t),
    state: () => ({ writer, tables: view.tables, memories: memory.shards, layout: 'any', cold: undefined }),
    atRest: (work) =>
      new Promise((resolve, reject) =>
        asked.resolve(() => {
          try {
            resolve(work());
          } catch (error) {
            reject(error);
          }
        }),
      ),
    onFailure: (error) => failures.push(error),
  });
  const made = maker.make();
  const rest = await asked.promise;
  await maker.cancel();
  rest();
  assert.equal(await made, false);
  assert.deepEqual(
    view.tables.filter(({ shard }) => shard.copies.isActive).map(({ shard }) => shard.number),
    [],
  );
  assert.deepEqual([failures, maker.store.list()], [[], []]);
});
