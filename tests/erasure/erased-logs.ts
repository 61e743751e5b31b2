import assert from 'node:assert/strict';
import fc from 'fast-check';
import { END_SEC, history } from '../features/histories.ts';
import type { SlowEvent } from '../oracles/slow-event.ts';
import type { HistoryProperty } from '../support/history-property.ts';
import { erasure, everyKind, HOUR_MS, IDS, KEYS, link, NOW_MS, unlink } from './erasure-events.ts';
import { FoldedLog } from './folded-log.ts';

const id = fc.constantFrom(...IDS);
/** What is done between events: an event sent again, links, erasures, and the log being cleaned. */
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('event' as const), id }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('again' as const), id, which: fc.nat(100) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('link' as const), id, alias: id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unlink' as const), id, alias: id }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('erase' as const, 'clean' as const), id }) },
);

const sameAsRewritten = fc.asyncProperty(
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
);

export const ERASED_LOGS: readonly HistoryProperty[] = [
  {
    name: 'the state after erasures is the fold of the rewritten log, and the groups do not see them',
    runs: 60,
    property: sameAsRewritten,
  },
];
