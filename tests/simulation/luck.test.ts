import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdPolicy } from '../../src/simulation/hold-policy.ts';
import { manualRules } from '../../src/simulation/manual-rules.ts';
import type { Policy } from '../../src/simulation/policy.ts';
import { randomPolicy } from '../../src/simulation/random-policy.ts';
import { eventsOf } from './events-of.ts';

interface Told {
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly data: Record<string, unknown>;
}

const told = async (policy: Policy): Promise<Told[]> =>
  (await eventsOf({ policy, customers: 300, days: 40 })).map((line) => JSON.parse(line) as Told);

const START = '2025-03-01T01:00:00Z';

/** What happened, without the ids that count the events of a person. */
const facts = (events: readonly Told[]): string[] =>
  events.map(({ type, subject, time, data }) => JSON.stringify([type, subject, time, data])).sort();

test('before the first decision two policies see the same lives', async () => {
  const before = (events: readonly Told[]): string[] => facts(events.filter(({ time }) => time < START));
  const quiet = before(await told(holdPolicy()));
  assert.ok(quiet.length > 500);
  assert.deepEqual(before(await told(randomPolicy())), quiet);
});

test('who is left alone by two policies has the same life under both', async () => {
  const [ruled, random] = [await told(manualRules()), await told(randomPolicy())];
  const contacted = new Set(
    [...ruled, ...random].filter(({ type }) => type === 'contact.sent' || type === 'call.dialed').map((e) => e.subject),
  );
  const alone = (events: readonly Told[]): string[] =>
    facts(
      events.filter(
        ({ type, subject }) => type !== 'decision.made' && !subject.includes(':') && !contacted.has(subject),
      ),
    );
  assert.ok(alone(ruled).length > 100);
  assert.deepEqual(alone(random), alone(ruled));
});

test('contacts change some orders and leave most where they were', async () => {
  const orders = async (policy: Policy): Promise<Set<string>> => {
    const events = (await eventsOf({ policy, customers: 1500, days: 30 })).map((line) => JSON.parse(line) as Told);
    // First orders on the day of joining come without any luck.
    const later = events.filter(
      ({ type, time, data }) => type === 'order.placed' && time > START && !String(data.orderId).endsWith('-1'),
    );
    return new Set(later.map(({ subject, time }) => `${subject} ${time}`));
  };
  const [quiet, random] = [await orders(holdPolicy()), await orders(randomPolicy())];
  const common = [...quiet].filter((order) => random.has(order)).length;
  assert.ok(quiet.size > 60);
  assert.ok(common / quiet.size > 0.6 && common < quiet.size, `${common} of ${quiet.size}`);
});
