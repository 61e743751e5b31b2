import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadMarket } from '../../src/simulation/market.ts';
import { eventsOf } from './events-of.ts';

interface Told {
  readonly type: string;
  readonly id: string;
  readonly subject: string;
  readonly time: string;
  readonly data: Record<string, unknown>;
}

const lines = await eventsOf({ customers: 1000, days: 40 });
const events = lines.map((line) => JSON.parse(line) as Told);

test('so many events come twice, and late, as the market file says', () => {
  const { duplicates, late } = loadMarket('plain').observation;
  const ids = new Set(events.map(({ id }) => id));
  const twice = events.length / ids.size - 1;
  assert.ok(Math.abs(twice - duplicates) < 0.002, `${twice} twice`);
  // Late: something that happened an hour after it and more has been told before it.
  let behind = 0;
  let latest = new Map<string, number>();
  const seen = new Set<string>();
  for (const { id, time } of events) {
    if (seen.has(id)) continue;
    seen.add(id);
    const person = id.split('-')[1];
    const ms = Date.parse(time);
    if (ms < (latest.get(person) ?? 0)) behind++;
    else latest = latest.set(person, ms);
  }
  const share = behind / seen.size;
  assert.ok(share > late * 0.3 && share < late * 2, `${share} behind`);
});

test('nothing hidden stands in an event', () => {
  const hidden = ['trier', 'sleeper', 'priceClass', 'irritation', 'irritability', 'isGone', '"push', 'hourType'];
  for (const line of lines) for (const word of hidden) assert.ok(!line.includes(word), `${word}: ${line}`);
});

test('contacts go only to those who have consented by then, at an address that is known', () => {
  const consents = new Map<string, number[]>();
  const grants = (subject: string, channel: unknown): number[] => {
    const key = `${subject} ${channel}`;
    if (!consents.has(key)) consents.set(key, []);
    return consents.get(key)!;
  };
  for (const { type, subject, time, data } of events)
    if (type === 'consent.granted') grants(subject, data.channel).push(Date.parse(time));
  const sent = events.filter(({ type }) => type === 'contact.sent');
  assert.ok(sent.length > 1000);
  for (const { subject, time, data } of sent)
    assert.ok(
      grants(subject, data.channel).some((ms) => ms <= Date.parse(time)),
      `${subject} ${data.channel} ${time}`,
    );
});

test('the recorded chances of a decision add up to one, and the chosen one has its own', () => {
  const made = events.filter(({ type }) => type === 'decision.made');
  assert.ok(made.length > 5000);
  let holds = 0;
  for (const { data } of made) {
    const feasible = data.feasible as { actionId: string; channel?: string; probability: number }[];
    const sum = feasible.reduce((total, { probability }) => total + probability, 0);
    assert.ok(Math.abs(sum - 1) < 1e-6, JSON.stringify(data));
    const chosen = feasible.filter(({ actionId, channel }) => actionId === data.actionId && channel === data.channel);
    assert.equal(chosen.length, 1);
    assert.equal(chosen[0].probability, data.probability);
    assert.ok(chosen[0].probability > 0);
    if (data.actionId === 'hold') holds++;
  }
  assert.ok(holds / made.length > 0.2);
});

test('actions are taken as often as their recorded chances say', () => {
  const expected = new Map<string, number>();
  const taken = new Map<string, number>();
  const add = (counts: Map<string, number>, key: string, n: number): unknown =>
    counts.set(key, (counts.get(key) ?? 0) + n);
  const once = new Map(events.filter(({ type }) => type === 'decision.made').map((event) => [event.id, event.data]));
  for (const data of once.values()) {
    for (const { actionId, probability } of data.feasible as { actionId: string; probability: number }[])
      add(expected, actionId, probability);
    add(taken, data.actionId as string, 1);
  }
  for (const [actionId, mean] of expected) {
    const count = taken.get(actionId) ?? 0;
    assert.ok(Math.abs(count - mean) < 5 * Math.sqrt(mean) + 5, `${actionId}: ${count} instead of ${mean}`);
  }
});
