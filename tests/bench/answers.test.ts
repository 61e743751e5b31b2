import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shuffled } from '../../bench/random.ts';
import { acceptedProblem, batchProblem, scoreProblem } from '../../bench/traffic/answers.ts';
import { EventTraffic } from '../../bench/traffic/event-traffic.ts';
import { ScoreTraffic } from '../../bench/traffic/score-traffic.ts';
import { isProblem, readEvent } from '../../src/events/validate.ts';

const decision = (customerId: string, scores: unknown = { repurchase30d: 0.25 }, known = true): string =>
  JSON.stringify({ decisionId: 'd', customerId, known, scores, reasons: [] });

test('a right answer is taken, and each way of being wrong is told', () => {
  assert.equal(scoreProblem(decision('C1'), 'C1', true), undefined);
  for (const wrong of [
    decision('C2'),
    decision('C1', {}),
    decision('C1', { repurchase30d: 1.5 }),
    decision('C1', { repurchase30d: null }),
    decision('C1', undefined, false),
    '{"code":"NOT_READY"}',
  ])
    assert.ok(scoreProblem(wrong, 'C1', true), wrong);
});

test('a batch needs every customer, in order, and no more', () => {
  const batch = (...ids: string[]): string => `{"results":[${ids.map((id) => decision(id)).join(',')}]}`;
  assert.equal(batchProblem(batch('C1', 'C2', 'C3'), ['C1', 'C2', 'C3']), undefined);
  for (const ids of [['C2', 'C1', 'C3'], ['C1', 'C2'], ['C1', 'C2', 'C3', 'C4'], []])
    assert.ok(batchProblem(batch(...ids), ['C1', 'C2', 'C3']), ids.join());
});

test('an event that was known before is no accepted one', () => {
  assert.equal(acceptedProblem('{"accepted":2,"duplicates":0,"rejected":[]}', 2), undefined);
  assert.ok(acceptedProblem('{"accepted":1,"duplicates":1,"rejected":[]}', 2));
});

test('every customer is asked for before one comes again', () => {
  const traffic = new ScoreTraffic('/v1/score', 500);
  const bodies = new Set(Array.from({ length: 500 }, () => traffic.next().body));
  assert.equal(bodies.size, 500);
  assert.notDeepEqual(shuffled(500, 1), shuffled(500, 2));
});

test('events are good ones, of about 300 bytes, and no id comes twice', () => {
  const traffic = new EventTraffic('/v1/events', 1000, 100, 'a');
  const bodies = [traffic.next().body, traffic.next().body];
  const events = bodies.flatMap((body) => JSON.parse(body) as { id: string }[]);
  assert.equal(
    events.find((event) => isProblem(readEvent(event))),
    undefined,
  );
  assert.equal(new Set(events.map(({ id }) => id)).size, 200);
  const bytes = bodies[0].length / 100;
  assert.ok(bytes > 260 && bytes < 340, `${bytes} bytes`);
});
