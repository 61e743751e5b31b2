import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const SECRET = 'Mei-Lin-13800138000';

test('whatever is asked about a customer, the log does not name them', async (t) => {
  const service = await startService(t, { args: ['--log-level', 'trace'] });
  const client = new Client(t, service.http);
  const customerId = `phone:${SECRET}`;
  const early = '2000-01-01T00:00:00Z';
  const asked = await Promise.all([
    client.events(cloudEvent({ subject: customerId })),
    client.events(cloudEvent({ subject: customerId, type: 'order.eaten' })),
    client.events(cloudEvent({ subject: `${customerId}\u0000` })),
    client.score({ customerId }),
    client.score({ customerId: `${customerId}\u0000` }),
    client.score({ customerId, at: early }),
    client.score({ [SECRET]: 1 }),
    client.score(`{"customerId":"${SECRET}`),
    client.ask('/v1/score/batch', { body: { customerIds: Array.from({ length: 300 }, () => customerId) } }),
    client.ask('/v1/score/batch', { body: { customerIds: [customerId], at: early } }),
    client.ask(`/v1/customers/${customerId}`),
    client.ask(`/v1/customers/${customerId}?at=${early}`),
    client.ask(`/v1/customers/${customerId}/${SECRET}`),
    client.ask(`/v1/customers/${customerId}%`),
  ]);
  assert.ok(asked.every(({ status }) => status < 500));
  assert.equal(await service.stop(), 0);
  const { stdout, stderr } = service.output;
  for (const line of stdout.trim().split('\n')) assert.equal(typeof JSON.parse(line).msg, 'string');
  assert.ok(!stdout.includes(SECRET) && !stderr.includes(SECRET));
});

test('nothing is written outside the data directory: no telemetry of a library either', async (t) => {
  const home = tempFolder(t);
  const service = await startService(t, { env: { HOME: home } });
  await new Client(t, service.http).score({ customerId: 'ada' });
  assert.equal(await service.stop(), 0);
  assert.deepEqual(readdirSync(home), []);
});
