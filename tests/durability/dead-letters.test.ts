import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../cli/run-command.ts';
import { Client } from '../support/http-client.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { mixedEvents } from './mixed-events.ts';
import { stateOf } from './state-check.ts';

const EVENTS = 300;
const FAILING = [149, 201];
const env = { NODE_OPTIONS: `--import=${new URL('./failing-apply.ts', import.meta.url).href}` };

const run = async (dataDir: string, ...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await runCommand(['dead-letters', ...args, '--data-dir', dataDir]);
  assert.equal(code, 0, stderr);
  return stdout;
};

test('events that cannot be applied are set aside, the log goes on, and they are applied once when it is mended', async (t) => {
  const dataDir = tempFolder(t);
  const events = mixedEvents(0, EVENTS);
  const service = await startService(t, { dataDir, env });
  const client = new Client(t, service.http);
  for (let from = 0; from < EVENTS; from += 50)
    assert.equal((await client.events(events.slice(from, from + 50))).status, 202);
  const admin = new Client(t, service.admin);
  assert.equal((await admin.ask('/readyz')).status, 200);
  assert.match((await admin.ask('/metrics')).text, /beckon_dead_letters_total\{code="EVENT_NOT_APPLIED"\} 2/);
  const live = await stateOf(service);
  const distinct = new Set(events.map(({ id }) => id)).size;
  assert.equal(live.eventsApplied, distinct - FAILING.length);

  const listed = (await run(dataDir, 'list', '--json')).trim().split('\n');
  assert.deepEqual(
    listed.map((line) => JSON.parse(line)).map(({ offset, code, type }) => [offset, code, type]),
    FAILING.map((offset) => [offset, 'EVENT_NOT_APPLIED', events[offset].type]),
  );
  const shown = JSON.parse(await run(dataDir, 'show', '201'));
  assert.equal(shown.reason, 'this event cannot be applied');
  assert.deepEqual([shown.event.id, shown.event.subject], [events[201].id, events[201].subject]);
  assert.ok(Buffer.from(shown.record, 'base64').includes(events[201].id as string));

  // The log is folded again by the same code: the same state, and no letter twice.
  await service.kill9();
  const again = await startService(t, { dataDir, env });
  assert.deepEqual(await stateOf(again), live);
  await again.kill9();

  const mended = await startService(t, { dataDir });
  const told = JSON.parse(await run(dataDir, 'replay', '--url', `http://${mended.http}`));
  assert.deepEqual([told.sent, told.left], [2, 0]);
  assert.equal((await stateOf(mended)).eventsApplied, distinct);
  assert.equal(await mended.stop(), 0);
});

test('of an erased customer no dead letter stays', async (t) => {
  const dataDir = tempFolder(t);
  const service = await startService(t, { dataDir, env });
  const client = new Client(t, service.http);
  const events = mixedEvents(0, EVENTS);
  for (let from = 0; from < EVENTS; from += 50) await client.events(events.slice(from, from + 50));
  const path = join(dataDir, 'dead-letters.db');
  const { id, subject } = events[149];
  assert.ok(readFileSync(path).includes(id as string));
  assert.equal((await client.ask(`/v1/customers/${subject}`, { method: 'DELETE' })).status, 202);
  assert.equal(await service.stop(), 0);
  assert.equal(readFileSync(path).includes(id as string), false);
  assert.ok(readFileSync(path).includes(events[201].id as string), 'the other one stays');
  assert.equal(existsSync(`${path}-journal`), false);
  assert.equal(readFileSync(join(dataDir, 'log.db')).includes(id as string), false);
});
