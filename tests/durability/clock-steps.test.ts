import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cloudEvent } from '../support/cloud-event.ts';
import { type Service, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { crashAndInspect, stateOf } from './state-check.ts';

const HOUR_MS = 3_600_000;
const PRELOAD = new URL('./stepped-clock.ts', import.meta.url).href;

interface Told {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly { readonly code: string }[];
}

const order = (id: string, timeMs: number) =>
  cloudEvent({ id, subject: 'C1', time: new Date(timeMs).toISOString(), data: { orderId: id, amount: 1 } });

const post = async ({ http }: Service, ...events: readonly unknown[]): Promise<Told> => {
  const headers = { 'content-type': 'application/cloudevents-batch+json' };
  const response = await fetch(`http://${http}/v1/events`, { method: 'POST', headers, body: JSON.stringify(events) });
  return (await response.json()) as Told;
};

test('a wall clock that steps back and forth loses nothing, applies nothing twice, and stops nothing', async (t) => {
  const dataDir = tempFolder(t);
  const offset = join(tempFolder(t), 'offset');
  const step = (ms: number): void => writeFileSync(offset, String(ms));
  const start = (): Promise<Service> =>
    startService(t, { dataDir, env: { NODE_OPTIONS: `--import=${PRELOAD}`, STEPPED_CLOCK: offset } });
  const nowMs = Date.now();
  step(0);
  const first = await start();
  assert.equal((await post(first, order('1', nowMs))).accepted, 1);
  step(-HOUR_MS);
  // Behind the clock of the log, which never goes back: what it has taken before it takes again.
  assert.deepEqual(await post(first, order('2', nowMs), order('1', nowMs)), {
    accepted: 1,
    duplicates: 1,
    rejected: [],
  });
  step(2 * HOUR_MS);
  const { accepted, rejected } = await post(first, order('3', nowMs + 2 * HOUR_MS), order('x', nowMs + 3 * HOUR_MS));
  assert.deepEqual([accepted, rejected.map(({ code }) => code)], [1, ['EVENT_FROM_FUTURE']]);
  step(0);
  assert.equal((await post(first, order('4', nowMs + 2 * HOUR_MS))).accepted, 1);
  const score = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"customerId":"C1"}' };
  assert.equal((await fetch(`http://${first.http}/v1/score`, score)).status, 200);
  const state = await stateOf(first);
  assert.equal(state.eventsApplied, 4);
  await first.kill9();

  step(-24 * HOUR_MS);
  const second = await start();
  assert.deepEqual(await stateOf(second), state);
  assert.deepEqual(await post(second, order('5', nowMs), order('4', nowMs + 2 * HOUR_MS)), {
    accepted: 1,
    duplicates: 1,
    rejected: [],
  });
  const last = await stateOf(second);
  assert.deepEqual(await crashAndInspect(t, second), last);
});
