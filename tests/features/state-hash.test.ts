import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compilePlan } from '../../src/features/plan.ts';
import { HEADER } from '../../src/features/row.ts';
import { stateHash } from '../../src/features/state-hash.ts';
import { inTime, withoutDuplicates } from '../oracles/slow-event.ts';
import { FeatureState, packOf } from '../support/feature-state.ts';
import { history } from './histories.ts';

const { plan, items } = packOf('tests/support/packs/every-kind');
const ofRows = compilePlan(
  plan.features.map((feature) => feature.spec).filter((spec) => spec.by === undefined),
  { minorDigits: 3, zoneOffsetSec: 0, items },
);
const events = history({ customers: 4, eventsMax: 60 }).map(withoutDuplicates);

test('the state hash does not show slots, shards or how customers took turns', () => {
  fc.assert(
    fc.property(events, (log) => {
      const numbered = log.map((event, offset) => ({ event, offset }));
      const one = new FeatureState(ofRows, 1);
      for (const { event, offset } of numbered) one.apply(event, offset);
      const other = new FeatureState(ofRows, 3);
      // Stable: each customer's events keep their order.
      for (const { event, offset } of numbered.toSorted((a, b) =>
        a.event.customer < b.event.customer ? 1 : a.event.customer > b.event.customer ? -1 : 0,
      ))
        other.apply(event, offset);
      assert.equal(stateHash(other.tables), stateHash(one.tables));
      assert.match(stateHash(one.tables), /^[0-9a-f]{16}$/);
    }),
    { numRuns: 60 },
  );
});

test('the same log gives the same hash, another log another', () => {
  fc.assert(
    fc.property(events, (log) => {
      fc.pre(log.length > 0);
      const hashOf = (list: typeof log): string => {
        const state = new FeatureState(plan, 2);
        for (const event of list) state.apply(event);
        return stateHash(state.tables);
      };
      assert.equal(hashOf(log), hashOf([...log]));
      assert.notEqual(hashOf(log.slice(0, -1)), hashOf(log));
    }),
    { numRuns: 40 },
  );
});

test('every word of a row shows in the hash, but for its version and the place of its key', () => {
  const state = new FeatureState(plan, 1);
  const [log] = fc.sample(
    events.filter((list) => list.length > 20),
    1,
  );
  for (const event of inTime(log)) state.apply(event);
  const [table] = state.tables;
  const before = stateHash(state.tables);
  const row = new Uint32Array(plan.rowWords);
  table.load(0, row);
  const blind: number[] = [];
  for (let word = 0; word < row.length; word++) {
    if (word === HEADER.version || word === HEADER.keyRef) continue;
    row[word] ^= 1;
    table.publish(0, row);
    if (stateHash(state.tables) === before) blind.push(word);
    row[word] ^= 1;
  }
  table.publish(0, row);
  assert.deepEqual(blind, []);
  assert.equal(stateHash(state.tables), before);
});

test('groups show in the hash', () => {
  const state = new FeatureState(plan, 2);
  const before = stateHash(state.tables);
  state.tables[1].shard.groups[0].add(1, 2, 0, 1, 1_700_000_000);
  const after = stateHash(state.tables);
  assert.notEqual(after, before);
  state.tables[1].shard.groups[0].add(1, 2, 0, 1, 1_700_000_000);
  assert.notEqual(stateHash(state.tables), after);
});
