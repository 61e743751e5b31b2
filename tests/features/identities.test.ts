import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stateHash } from '../../src/features/state-hash.ts';
import { type SlowEvent, withoutDuplicates } from '../oracles/slow-event.ts';
import { slowFeatures } from '../oracles/slow-features.ts';
import { FeatureState, packOf } from '../support/feature-state.ts';
import { customerNames, END_SEC, history, questionKeys } from './histories.ts';
import { assertSameValues } from './same-values.ts';

const CUSTOMERS = 5;
const SHARDS = 4;
const NAMES = customerNames(CUSTOMERS);
/** Aliases that no event names, and one that events are sent under. */
const ALIASES = ['phone:a', 'wecom:b', ...NAMES];

interface Link {
  readonly subject: string;
  readonly alias: string;
  /** Events before it, as a share. */
  readonly at: number;
}

const links = fc.array(
  fc.record({
    subject: fc.constantFrom(...NAMES),
    alias: fc.constantFrom(...ALIASES),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { maxLength: 6 },
);

const linkEvent = ({ subject, alias }: Link, number: number, type = 'identity.linked'): SlowEvent => ({
  customer: subject,
  type,
  source: 'links',
  id: String(number),
  timeMs: (END_SEC - 1000) * 1000,
  hash: number,
  data: { alias },
});

/** Who is who after all links, the slow way. */
const representative = (all: readonly Link[]): Map<string, string> => {
  const sets = new Map([...NAMES, ...ALIASES].map((id) => [id, new Set([id])]));
  for (const { subject, alias } of all) {
    const union = new Set([...sets.get(subject)!, ...sets.get(alias)!]);
    for (const id of union) sets.set(id, union);
  }
  const rank = (id: string): string => `${id.includes(':') ? 1 : 0}${id}`;
  return new Map([...sets].map(([id, set]) => [id, [...set].sort((a, b) => (rank(a) < rank(b) ? -1 : 1))[0]]));
};

const apply = (state: FeatureState, events: readonly SlowEvent[], all: readonly Link[]): void => {
  const pending = all.map((link, number) => ({ ...link, number })).sort((a, b) => a.at - b.at);
  for (const [i, event] of events.entries()) {
    while (pending.length > 0 && pending[0].at * events.length <= i) {
      const link = pending.shift()!;
      state.apply(linkEvent(link, link.number));
    }
    state.apply(event);
  }
  for (const link of pending) state.apply(linkEvent(link, link.number));
};

for (const folder of ['tests/support/packs/every-kind', 'models/retail']) {
  const pack = packOf(folder);
  // What somebody's attribute was when an event came is decided by arrival; all other features by the events alone.
  const specs = pack.plan.features
    .map(({ spec }) => spec)
    .filter(({ by }) => ![by].flat().some((part) => part?.startsWith('attribute:')));
  const zoneOffsetSec = folder.includes('retail') ? 8 * 3600 : -3.5 * 3600;

  test(`${pack.name}: people behind many ids have the features of all their events, whenever the links came`, () => {
    fc.assert(
      fc.property(history({ customers: CUSTOMERS, eventsMax: 60 }), links, questionKeys, (arrivals, all, keys) => {
        const events = withoutDuplicates(arrivals);
        const state = new FeatureState(pack.plan, SHARDS);
        apply(state, events, all);
        const who = representative(all);
        const asOne = events.map((event) => ({ ...event, customer: who.get(event.customer)! }));
        const linked = new Set(all.flatMap(({ subject, alias }) => [subject, alias]));
        for (const id of new Set([...NAMES, ...linked])) {
          const customer = who.get(id)!;
          const question = {
            customer,
            sec: END_SEC,
            all: asOne,
            keys,
            minorDigits: pack.currency.minorDigits,
            items: pack.items,
            zoneOffsetSec,
          };
          assertSameValues(specs, state.read(id, END_SEC, keys), slowFeatures(specs, question));
          if (linked.has(id)) assert.equal(state.reader.profile(id)?.customerId, customer, id);
        }
      }),
      { numRuns: 150 },
    );
  });
}

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
  state.apply(linkEvent({ subject: 'ada', alias: 'phone:1', at: 0 }, 1));
  state.apply(linkEvent({ subject: 'ada', alias: 'wecom:2', at: 0 }, 2));
  assert.deepEqual([orders('ada'), orders('phone:1'), orders('wecom:2')], [2, 2, 2]);
  assert.deepEqual(state.reader.profile('wecom:2')?.aliases, ['phone:1', 'wecom:2']);
  state.apply(linkEvent({ subject: 'ada', alias: 'phone:1', at: 0 }, 3, 'identity.unlinked'));
  assert.deepEqual(state.reader.profile('ada')?.aliases, ['wecom:2']);
  assert.equal(state.reader.profile('phone:1'), undefined);
  state.apply(order('phone:1', 4));
  assert.deepEqual([orders('ada'), orders('phone:1'), orders('wecom:2')], [2, 1, 2]);
  // Somebody else cannot take an alias away.
  state.apply(linkEvent({ subject: 'bob', alias: 'wecom:2', at: 0 }, 5, 'identity.unlinked'));
  assert.equal(orders('wecom:2'), 2);
});

test('the state hash tells who an alias names, and not in which order links and events came', () => {
  const pack = packOf('tests/support/packs/one-count');
  const hashOf = (steps: readonly SlowEvent[]): string => {
    const state = new FeatureState(pack.plan, SHARDS);
    for (const step of steps) state.apply(step, 7);
    return stateHash(state.tables);
  };
  const one = linkEvent({ subject: 'ada', alias: 'phone:1', at: 0 }, 1);
  const two = linkEvent({ subject: 'ada', alias: 'bob', at: 0 }, 2);
  const three = linkEvent({ subject: 'bob', alias: 'wecom:3', at: 0 }, 3);
  assert.equal(hashOf([one, two, three]), hashOf([three, one, two]));
  assert.notEqual(hashOf([one, two]), hashOf([one, two, three]));
});
