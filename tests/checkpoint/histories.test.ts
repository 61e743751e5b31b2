import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CheckpointStore } from '../../src/state/checkpoint-store.ts';
import { erasure, everyKind, HOUR_MS, IDS, KEYS, link, NOW_MS, unlink } from '../erasure/erasure-events.ts';
import { FoldedLog } from '../erasure/folded-log.ts';
import { END_SEC, history } from '../features/histories.ts';
import type { SlowEvent } from '../oracles/slow-event.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { MarkedState, restored } from './marked-state.ts';

const id = fc.constantFrom(...IDS);
/** What is done between events. A checkpoint is marked, half read, and written some steps later. */
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('event' as const), id }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('again' as const), id, which: fc.nat(100) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('link' as const), id, alias: id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unlink' as const), id, alias: id }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('erase' as const, 'clean' as const), id }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('mark' as const), id }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), id }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), id }) },
);

test('a checkpoint is the state at its mark, whatever came after; with the tail of the log it is the state', async (t) => {
  let olders = 0;
  let erased = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.noBias(fc.array(step, { minLength: 5, maxLength: 60, size: 'max' })),
      history({ customers: 1, eventsMax: 40 }),
      fc.boolean(),
      async (steps, drafts, isOlder) => {
        const folder = tempFolder(t);
        const store = new CheckpointStore(folder);
        const state = new FoldedLog(everyKind);
        const sent: SlowEvent[] = [];
        const pending = drafts.map((draft, number) => ({ ...draft, id: `d${number}` }));
        let marked: MarkedState | undefined;
        let nowMs = NOW_MS;
        const write = async (): Promise<void> => {
          await marked?.write(store);
          marked = undefined;
        };
        // As the service does: none is left that was marked before somebody was erased.
        const forget = async (): Promise<void> => {
          await write();
          if (!store.hasBefore(state.writer.erasures.lastPlace)) return;
          await new MarkedState(state).write(store);
          assert.equal(store.hasBefore(state.writer.erasures.lastPlace), false);
        };
        for (const one of steps) {
          nowMs += HOUR_MS;
          if (one.kind === 'clean') await state.erase(forget);
          else if (one.kind === 'write') await write();
          else if (one.kind === 'read') marked?.readSome(2);
          else if (one.kind === 'mark') marked ??= new MarkedState(state);
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
        if (marked === undefined && store.list().length === 0) marked = new MarkedState(state);
        await write();
        if (isOlder && store.list().length < 2) await new MarkedState(state).write(store);
        const [newest, older] = store.list();
        if (isOlder && older !== undefined) store.remove(newest.number);
        const expected = isOlder ? (older ?? newest) : newest;
        olders += Number(expected === older);
        const start = await restored(everyKind, state.log, store);
        assert.deepEqual([start.checkpoint, start.refused], [expected.number, []]);
        assert.equal(start.state.hash, state.hash);
        const seen = (of: FoldedLog) => IDS.map((name) => of.read(name, END_SEC + 1e6, KEYS));
        assert.deepEqual(seen(start.state), seen(state));
        // What is done after the start is what would have been done without it.
        await start.state.erase();
        if (sent.length > 0) await start.state.commit(sent, nowMs + HOUR_MS);
        assert.equal(start.state.hash, state.hash, 'all that was sent again was known');
        await start.state.erase();
        assert.equal((await start.state.restarted()).hash, state.hash);
        for (const name of IDS.filter((each) => state.read(each, END_SEC + 1e6).outcome === 'unknown'))
          if (sent.some(({ type, customer }) => type === 'customer.erased' && customer === name)) erased++;
      },
    ),
    { numRuns: 25, endOnFailure: true },
  );
  assert.ok(olders > 2, `${olders} starts from the checkpoint before the newest`);
  assert.ok(erased > 5, `${erased} erased`);
});
