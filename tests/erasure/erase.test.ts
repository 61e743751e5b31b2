import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { END_SEC, history } from '../features/histories.ts';
import type { SlowEvent } from '../oracles/slow-event.ts';
import { packOf } from '../support/feature-state.ts';
import { FoldedLog } from './folded-log.ts';

const NOW_MS = END_SEC * 1000;
const HOUR_MS = 3_600_000;
/** No one of them is part of another, or of a word that residues use. */
const IDS = ['ada-1815', 'bob-1912', 'cyd-1920', 'phone:tel-x', 'wecom:w-77', 'member:m-4'];
const KEYS = { campaign: 'c1', channel: 'sms', store: 's1', sku: 'k1' };
const everyKind = packOf('tests/support/packs/every-kind');

let made = 0;
const eventOf = (customer: string, type: string, data: Record<string, unknown> = {}): SlowEvent => ({
  customer,
  type,
  source: 'test',
  id: `e${made++}`,
  timeMs: NOW_MS - HOUR_MS + made,
  hash: 0,
  data,
});
const link = (customer: string, alias: string): SlowEvent => eventOf(customer, 'identity.linked', { alias });
const unlink = (customer: string, alias: string): SlowEvent => eventOf(customer, 'identity.unlinked', { alias });
const erasure = (customer: string): SlowEvent => eventOf(customer, 'customer.erased');
const order = (customer: string, amount: number): SlowEvent =>
  eventOf(customer, 'order.placed', { orderId: '1', amount, storeId: 's1', lines: [{ sku: 'k1', quantity: 1 }] });

const id = fc.constantFrom(...IDS);
/** What is done between events: an event sent again, links, erasures, and the log being cleaned. */
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('event' as const), id }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('again' as const), id, which: fc.nat(100) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('link' as const), id, alias: id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unlink' as const), id, alias: id }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('erase' as const, 'clean' as const), id }) },
);

test('the state after erasures is the fold of the rewritten log, and the groups do not see them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      history({ customers: 1, eventsMax: 40 }),
      async (steps, drafts) => {
        const state = new FoldedLog(everyKind);
        const sent: SlowEvent[] = [];
        const pending = drafts.map((draft, number) => ({ ...draft, id: `d${number}` }));
        let nowMs = NOW_MS;
        for (const one of steps) {
          nowMs += HOUR_MS;
          if (one.kind === 'clean') await state.erase();
          else {
            const events =
              one.kind === 'event'
                ? pending.splice(0, 3).map((draft) => ({ ...draft, customer: one.id }))
                : one.kind === 'again'
                  ? sent.slice(one.which % (sent.length + 1)).slice(0, 2)
                  : one.kind === 'link'
                    ? [link(one.id, one.alias)]
                    : one.kind === 'unlink'
                      ? [unlink(one.id, one.alias)]
                      : [erasure(one.id)];
            if (events.length > 0) await state.commit(events, nowMs);
            sent.push(...events);
          }
        }
        const before = await state.restarted();
        assert.equal(before.hash, state.hash, 'not rewritten yet');
        const seen = IDS.map((name) => state.read(name, END_SEC + 1e6, KEYS));
        await state.erase();
        assert.equal(state.writer.hasErasures, false);
        const after = await state.restarted();
        assert.equal(after.writer.hasErasures, false);
        assert.equal(after.hash, state.hash, 'rewritten');
        assert.deepEqual(
          IDS.map((name) => after.read(name, END_SEC + 1e6, KEYS)),
          seen,
        );
        // An erasure that was ended leaves nothing to another one.
        const bytes = await after.bytes();
        await after.erase();
        assert.deepEqual(await after.bytes(), bytes);
      },
    ),
    { numRuns: 60 },
  );
});

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
