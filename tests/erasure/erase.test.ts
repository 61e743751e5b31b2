import assert from 'node:assert/strict';
import { test } from 'node:test';
import { END_SEC } from '../features/histories.ts';
import { packOf } from '../support/feature-state.ts';
import { testProperties } from '../support/history-property.ts';
import { ERASED_LOGS } from './erased-logs.ts';
import { erasure, everyKind, HOUR_MS, KEYS, link, NOW_MS, order, unlink } from './erasure-events.ts';
import { FoldedLog } from './folded-log.ts';

testProperties(ERASED_LOGS);

test('of an erased customer no id is left in the log, whichever one names them', async () => {
  for (const name of ['ada-1815', 'phone:tel-x', 'wecom:w-77']) {
    const state = new FoldedLog(everyKind);
    const orders = [order('ada-1815', 10), order('phone:tel-x', 20), order('bob-1912', 5)];
    const links = [link('ada-1815', 'phone:tel-x'), link('phone:tel-x', 'wecom:w-77')];
    await state.commit([orders[0], links[0]], NOW_MS);
    await state.commit([orders[1], orders[2], links[1], erasure(name)], NOW_MS);
    const bob = state.read('bob-1912', END_SEC, KEYS);
    assert.equal(bob.outcome, 'known');
    for (const gone of ['ada-1815', 'phone:tel-x', 'wecom:w-77'])
      assert.equal(state.read(gone, END_SEC).outcome, 'unknown');
    await state.erase();
    const again = await state.commit([...orders, ...links], NOW_MS + HOUR_MS);
    assert.deepEqual(
      again.map((results) => [...results]),
      [[1, 1, 1, 1, 1]],
      'all of them duplicates',
    );
    await state.erase();
    const restarted = await state.restarted();
    await restarted.commit([orders[1]], NOW_MS + 2 * HOUR_MS);
    await restarted.erase();
    assert.equal(restarted.hash, state.hash);
    const text = (await state.bytes()).toString('latin1');
    for (const gone of ['ada-1815', 'tel-x', 'w-77']) assert.ok(!text.includes(gone), `${gone} after ${name}`);
    assert.ok(text.includes('bob-1912'));
    const after = await state.restarted();
    assert.deepEqual(after.read('bob-1912', END_SEC, KEYS), bob);
    assert.equal(after.hash, state.hash);
  }
});

test('a new event of an erased id begins a new customer from nothing, and an alias that was unlinked keeps its own', async () => {
  const pack = packOf('tests/support/packs/one-count');
  const state = new FoldedLog(pack);
  await state.commit([order('ada-1815', 1), link('ada-1815', 'phone:tel-x'), order('phone:tel-x', 1)], NOW_MS);
  await state.commit([unlink('ada-1815', 'phone:tel-x'), order('phone:tel-x', 1), erasure('ada-1815')], NOW_MS);
  await state.commit([order('ada-1815', 1)], NOW_MS);
  await state.erase();
  const after = await state.restarted();
  for (const one of [state, after])
    assert.deepEqual(
      ['ada-1815', 'phone:tel-x'].map((name) => one.read(name, END_SEC).values[0]),
      [1, 1],
    );
  assert.equal(after.hash, state.hash);
});
