import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateHash } from '../../src/features/state-hash.ts';
import type { SlowEvent } from '../oracles/slow-event.ts';
import { FeatureState, packOf } from '../support/feature-state.ts';
import { testProperties } from '../support/history-property.ts';
import { END_SEC } from './histories.ts';
import { linkEvent } from './identity-events.ts';
import { LINKED_PEOPLE } from './properties/linked-people.ts';

const SHARDS = 4;

testProperties(LINKED_PEOPLE);

test('an alias that was unlinked begins anew, and what was merged stays', () => {
  const pack = packOf('tests/support/packs/one-count');
  const state = new FeatureState(pack.plan, SHARDS);
  const order = (customer: string, number: number): SlowEvent => ({
    customer,
    type: 'order.placed',
    source: 'shop',
    id: String(number),
    timeMs: END_SEC * 1000 - 5000,
    hash: number,
    data: { orderId: String(number), amount: 1 },
  });
  const orders = (id: string): number => [...state.read(id, END_SEC).values()][0];
  state.apply(order('ada', 1));
  state.apply(order('phone:1', 2));
  state.apply(linkEvent({ subject: 'ada', alias: 'phone:1' }, 1));
  state.apply(linkEvent({ subject: 'ada', alias: 'wecom:2' }, 2));
  assert.deepEqual([orders('ada'), orders('phone:1'), orders('wecom:2')], [2, 2, 2]);
  assert.deepEqual(state.reader.profile('wecom:2')?.aliases, ['phone:1', 'wecom:2']);
  state.apply(linkEvent({ subject: 'ada', alias: 'phone:1' }, 3, 'identity.unlinked'));
  assert.deepEqual(state.reader.profile('ada')?.aliases, ['wecom:2']);
  assert.equal(state.reader.profile('phone:1'), undefined);
  state.apply(order('phone:1', 4));
  assert.deepEqual([orders('ada'), orders('phone:1'), orders('wecom:2')], [2, 1, 2]);
  // Somebody else cannot take an alias away.
  state.apply(linkEvent({ subject: 'bob', alias: 'wecom:2' }, 5, 'identity.unlinked'));
  assert.equal(orders('wecom:2'), 2);
});

test('the state hash tells who an alias names, and not in which order links and events came', () => {
  const pack = packOf('tests/support/packs/one-count');
  const hashOf = (steps: readonly SlowEvent[]): string => {
    const state = new FeatureState(pack.plan, SHARDS);
    for (const step of steps) state.apply(step, 7);
    return stateHash(state.tables);
  };
  const one = linkEvent({ subject: 'ada', alias: 'phone:1' }, 1);
  const two = linkEvent({ subject: 'ada', alias: 'bob' }, 2);
  const three = linkEvent({ subject: 'bob', alias: 'wecom:3' }, 3);
  assert.equal(hashOf([one, two, three]), hashOf([three, one, two]));
  assert.notEqual(hashOf([one, two]), hashOf([one, two, three]));
});
