import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FeatureReader } from '../../src/features/read.ts';
import { erasure, everyKind, HOUR_MS, IDS, KEYS, link, NOW_MS, unlink } from '../erasure/erasure-events.ts';
import { FoldedLog } from '../erasure/folded-log.ts';
import { END_SEC, history } from './histories.ts';

const id = fc.constantFrom(...IDS);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('event' as const), id }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('link' as const), id, alias: id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unlink' as const), id, alias: id }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('erase' as const), id }) },
);

test('who was looked at ahead is read as he is now, whoever came, went or became another since', async () => {
  let moved = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 8, maxLength: 16, size: 'max' }),
      fc.array(step, { minLength: 6, maxLength: 16, size: 'max' }),
      fc.array(id, { minLength: 6, maxLength: 12, size: 'max' }),
      history({ customers: 1, eventsMax: 60 }),
      async (before, between, asked, drafts) => {
        const state = new FoldedLog(everyKind);
        const pending = drafts.map((draft, number) => ({ ...draft, id: `d${number}` }));
        let nowMs = NOW_MS;
        const run = async (steps: typeof before): Promise<void> => {
          for (const one of steps) {
            nowMs += HOUR_MS;
            const events =
              one.kind === 'event'
                ? pending.splice(0, 2).map((draft) => ({ ...draft, customer: one.id }))
                : [one.kind === 'erase' ? erasure(one.id) : (one.kind === 'link' ? link : unlink)(one.id, one.alias)];
            if (events.length > 0) await state.commit(events, nowMs);
          }
        };
        const { plan } = everyKind;
        const [ahead, plain] = [0, 1].map(() => new FeatureReader(plan, state.tables));
        const seen = (reader: FeatureReader, customer: string) => {
          reader.nextTurn();
          const values = new Float64Array(plan.features.length);
          const outcome = reader.read(customer, END_SEC + 1e6, false, values, KEYS);
          return [outcome, [...values], reader.isOwnId, outcome === 'known' && reader.ownId, reader.offset];
        };
        await run(before);
        ahead.aheadWithAliases(asked, 0, asked.length);
        const was = asked.map((customer) => JSON.stringify(seen(plain, customer)));
        await run(between);
        for (const [i, customer] of asked.entries()) {
          const expected = seen(plain, customer);
          assert.deepEqual(seen(ahead, customer), expected);
          moved += Number(JSON.stringify(expected) !== was[i]);
        }
      },
    ),
    { numRuns: 100 },
  );
  assert.ok(moved > 20, `${moved} who had changed`);
});
