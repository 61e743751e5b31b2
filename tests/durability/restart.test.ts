import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCommand } from '../cli/run-command.ts';
import { type Service, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { mixedEvents } from './mixed-events.ts';
import { crashAndInspect, type StateFacts, stateOf } from './state-check.ts';

const BATCH_EVENTS = 20;

/** Batches at the same time, so that their order in the log is chance. */
const post = async ({ http }: Service, events: readonly Record<string, unknown>[]): Promise<void> => {
  const headers = { 'content-type': 'application/cloudevents-batch+json' };
  const answers = [];
  for (let i = 0; i < events.length; i += BATCH_EVENTS) {
    const body = JSON.stringify(events.slice(i, i + BATCH_EVENTS));
    answers.push(fetch(`http://${http}/v1/events`, { method: 'POST', headers, body }));
  }
  for (const answer of await Promise.all(answers)) {
    const text = await answer.text();
    assert.equal(answer.status, 202, text);
    assert.deepEqual(JSON.parse(text).rejected, []);
  }
};

test('the same log gives the same state, whatever ended the service and however many threads serve', async (t) => {
  const dataDir = tempFolder(t);
  const start = (threads: number): Promise<Service> =>
    startService(t, { dataDir, env: { BECKON_SERVING_THREADS: String(threads) } });
  const first = await start(1);
  await post(first, mixedEvents(0, 600));
  const stateFirst = await stateOf(first);
  assert.equal(await first.stop(), 0);

  const second = await start(2);
  assert.deepEqual(await stateOf(second), stateFirst, 'after SIGTERM');
  await post(second, mixedEvents(600, 1200));
  const stateSecond = await stateOf(second);
  assert.notEqual(stateSecond.stateHash, stateFirst.stateHash);
  await second.kill9();

  const third = await start(1);
  assert.deepEqual(await stateOf(third), stateSecond, 'after SIGKILL');
  assert.deepEqual(await crashAndInspect(t, third), stateSecond);
});

/** A file replayed into a data directory of its own. @param groupEventsMax undefined: as it comes */
const replayed = async (t: TestContext, file: string, groupEventsMax?: number) => {
  const folder = tempFolder(t);
  const limits = { groupEventsMax, eventsPerRequestMax: groupEventsMax };
  if (groupEventsMax !== undefined) writeFileSync(join(folder, 'beckon.yaml'), JSON.stringify({ limits }));
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCommand([...args, '--data-dir', 'data'], { folder });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  await run('replay', file, '--format', 'cloudevents');
  const { groups, events } = JSON.parse(await run('inspect', 'log')) as { groups: number; events: number };
  return { groups, events, state: JSON.parse(await run('inspect', 'state')) as StateFacts };
};

test('the same events give the same state, whatever groups they were committed in', async (t) => {
  const events = mixedEvents(0, 1200);
  const file = join(tempFolder(t), 'events.jsonl');
  writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const large = await replayed(t, file);
  const small = await replayed(t, file, 7);
  assert.deepEqual([large.events, small.events], [events.length, events.length]);
  assert.ok(small.groups > 10 * large.groups, `${small.groups} and ${large.groups} groups`);
  assert.deepEqual(small.state, large.state);
  assert.equal(large.state.eventsApplied, new Set(events.map(({ id }) => id)).size);
});
