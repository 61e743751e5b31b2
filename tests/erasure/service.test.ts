import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCommand } from '../cli/run-command.ts';
import { stateOf } from '../durability/state-check.ts';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { type Service, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const AT = '2026-01-09T00:00:00Z';
const GONE = ['lovelace-1815', 'tel-555-0199', 'wx-lovelace'];
const STAY = ['hopper-1906', 'turing-1912'];
/** Read by `everybody…` features: the customers' own features stay as they were. */
const EVERYBODY = 'nobody-at-all';

const events = [
  ['lovelace-1815', 'order.placed', { orderId: '1', amount: 40 }],
  ['phone:tel-555-0199', 'order.placed', { orderId: '2', amount: 20 }],
  ['hopper-1906', 'order.placed', { orderId: '3', amount: 10 }],
  ['lovelace-1815', 'identity.linked', { alias: 'phone:tel-555-0199' }],
  ['lovelace-1815', 'identity.linked', { alias: 'wecom:wx-lovelace' }],
  ['turing-1912', 'call.ended', { callId: 'c', campaignId: 'spring', disposition: 'answered_converted' }],
  ['wecom:wx-lovelace', 'call.ended', { callId: 'd', campaignId: 'spring', disposition: 'no_answer' }],
  ['turing-1912', 'identity.linked', { alias: 'phone:0100' }],
].map(([subject, type, data], i) =>
  cloudEvent({ id: `event-${i}`, subject, type, data, time: `2026-01-0${1 + (i % 5)}T10:00:00Z` }),
);

/** The customers who stay, and what the groups say, as they are asked for. */
const others = async (client: Client): Promise<unknown[]> => {
  const answers = STAY.map((id) => client.ask(`/v1/customers/${id}?at=${AT}`));
  const nobody = client.score({ customerId: EVERYBODY, at: AT, campaignId: 'spring', explain: true });
  const { decisionId: _, ...decision } = (await nobody).json;
  return [...(await Promise.all(answers)).map(({ json }) => json), { ...decision, asOf: undefined }];
};

const inFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap(({ parentPath, name }) => {
      const bytes = readFileSync(join(parentPath, name));
      return GONE.filter((text) => bytes.includes(text)).map((text) => `${text} in ${name}`);
    });

const assertGone = async (client: Client): Promise<void> => {
  for (const id of ['lovelace-1815', 'phone:tel-555-0199', 'wecom:wx-lovelace']) {
    const { status, json } = await client.ask(`/v1/customers/${encodeURIComponent(id)}`);
    assert.deepEqual([status, json.code], [404, 'CUSTOMER_UNKNOWN'], id);
  }
};

const erasedService = async (t: TestContext, name: string): Promise<{ service: Service; before: unknown[] }> => {
  // A checkpoint with everybody is made behind the answers.
  const service = await startService(t, { dataDir: tempFolder(t), args: ['--checkpoint-every-events', '1'] });
  const client = new Client(t, service.http);
  assert.equal((await client.events(events)).status, 202);
  const before = await others(client);
  const { eventsApplied } = await stateOf(service);
  const { status, json } = await client.ask(`/v1/customers/${encodeURIComponent(name)}`, { method: 'DELETE' });
  assert.deepEqual([status, json], [202, { erased: true }]);
  await assertGone(client);
  assert.deepEqual(await others(client), before);
  const state = await stateOf(service);
  assert.deepEqual([state.customers, state.eventsApplied], [2, eventsApplied + 1]);
  return { service, before };
};

test('an erased customer is gone from answers at once and from every file after the stop; nobody else notices', async (t) => {
  for (const name of ['lovelace-1815', 'phone:tel-555-0199']) {
    const { service, before } = await erasedService(t, name);
    const client = new Client(t, service.http);
    assert.deepEqual((await client.ask(`/v1/customers/${name}`, { method: 'DELETE' })).status, 404);
    const again = await client.events(events);
    assert.deepEqual(again.json, { accepted: 0, duplicates: events.length, rejected: [] });
    await assertGone(client);
    const live = await stateOf(service);
    assert.equal(await service.stop(), 0);
    assert.deepEqual(inFiles(service.dataDir), []);

    const second = await startService(t, { dataDir: service.dataDir });
    const asked = new Client(t, second.http);
    assert.deepEqual(await stateOf(second), live);
    assert.deepEqual(await others(asked), before);
    assert.equal((await asked.events(events)).json.duplicates, events.length);
    await assertGone(asked);
    // Another event is somebody new.
    await asked.events(cloudEvent({ id: 'event-9', subject: 'lovelace-1815', data: { orderId: '9', amount: 1 } }));
    assert.equal((await asked.ask('/v1/customers/lovelace-1815')).json.features.orders, 1);
    assert.equal(await second.stop(), 0);
  }
});

test('a kill -9 after the answer: the next start ends what was begun, and an export has no row of the erased', async (t) => {
  const { service, before } = await erasedService(t, 'wecom:wx-lovelace');
  const live = await stateOf(service);
  await service.kill9();
  const second = await startService(t, { dataDir: service.dataDir });
  const client = new Client(t, second.http);
  assert.deepEqual(await stateOf(second), live);
  assert.deepEqual(await others(client), before);
  await assertGone(client);
  assert.equal(await second.stop(), 0);
  assert.deepEqual(inFiles(second.dataDir), []);
  const { code, stdout, stderr } = await runCommand(
    ['export', '--at', AT, '--data-dir', second.dataDir, '--format', 'csv'],
    { folder: tempFolder(t) },
  );
  assert.equal(code, 0, stderr);
  const ids = stdout
    .split('\n')
    .slice(1)
    .filter(Boolean)
    .map((line) => line.split(',')[0]);
  assert.deepEqual(ids.sort(), STAY);
});
