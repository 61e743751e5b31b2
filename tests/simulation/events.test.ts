import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../../src/events/event.ts';
import { isProblem, readEvent } from '../../src/events/validate.ts';
import { eventsOf } from './events-of.ts';

const read = (line: string): Event => {
  const event = readEvent(JSON.parse(line), 'beckon');
  assert.ok(!isProblem(event), `${(event as { message?: string }).message}: ${line}`);
  return event;
};

test('every event of every market is one that Beckon takes', async () => {
  for (const market of ['plain', 'drift', 'shifted']) {
    const types = new Set((await eventsOf({ market, customers: 300, days: 40 })).map((line) => read(line).type));
    for (const type of [
      'order.placed',
      'decision.made',
      'contact.sent',
      'call.ended',
      'consent.granted',
      'identity.linked',
      'friend.added',
    ])
      assert.ok(types.has(type as Event['type']), `${market} has no ${type}`);
  }
});

test('the same seed gives the same bytes, another seed other people', async () => {
  const lines = await eventsOf();
  assert.deepEqual(await eventsOf(), lines);
  assert.notDeepEqual(await eventsOf({ seed: 8 }), lines);
});

test('who lives together changes the order of events and nothing else', async () => {
  const apart = await eventsOf({ together: 64 });
  assert.deepEqual((await eventsOf()).sort(), apart.sort());
});
