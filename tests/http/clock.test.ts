import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import test from 'node:test';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const ORDER = '2024-03-05T10:11:12.000Z';
const TOLD = '2024-04-04T10:11:12.000Z';

test("the log's clock is moved by events and by what it is told, never back, and lives on in the log", async (t) => {
  const dataDir = tempFolder(t);
  const options = { dataDir, args: ['--clock', 'log', '--serving-threads', '2'] };
  const service = await startService(t, options);
  const client = new Client(t, service.http);
  const tell = (now: unknown) => client.ask('/v1/clock', { body: { now } });
  const scored = async (asked = client) => {
    const { json } = await asked.score({ customerId: 'C10023' });
    return [json.at, json.segments.lifecycle];
  };
  assert.equal((await client.events(cloudEvent({ time: ORDER }))).status, 202);
  assert.deepEqual(await scored(), [ORDER, 'second_order_due']);

  const { status, json } = await tell('2024-04-04T12:11:12+02:00');
  assert.deepEqual([status, json], [200, { now: TOLD }]);
  // Connections fall to either thread: both see the same time.
  for (let i = 0; i < 8; i++) assert.deepEqual(await scored(new Client(t, service.http)), [TOLD, 'second_order_due']);
  assert.deepEqual((await tell('2024-03-30T00:00:00Z')).json, { now: TOLD }, 'it does not go back');
  for (const bad of ['tomorrow', '2024-02-30T00:00:00Z', '1969-12-31T00:00:00Z', 7, undefined]) {
    const answer = await tell(bad);
    assert.deepEqual([answer.status, answer.json.code], [400, 'REQUEST_INVALID'], String(bad));
  }
  const year = new Date(Date.parse(TOLD) + 367 * 86_400_000).toISOString();
  assert.equal((await client.score({ customerId: 'C10023', at: year })).json.code, 'AT_TOO_FAR');

  // An event of long ago does not take the clock back, and its log time keeps what was told.
  assert.equal((await client.events(cloudEvent({ id: 'late', time: '2024-03-01T00:00:00Z' }))).status, 202);
  assert.equal((await scored())[0], TOLD);
  assert.equal(await service.stop(), 0);
  const again = await startService(t, options);
  assert.equal((await scored(new Client(t, again.http)))[0], TOLD);
});

test('a clock that is that of the machine, or asked from elsewhere, is not moved', async (t) => {
  const wall = await startService(t);
  const asked = await new Client(t, wall.http).ask('/v1/clock', { body: { now: TOLD } });
  assert.deepEqual([asked.status, asked.json.code], [409, 'CLOCK_IS_WALL']);

  const [outside] = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal);
  if (outside === undefined) return;
  const open = await startService(t, { args: ['--clock', 'log', '--host', '0.0.0.0', '--insecure'] });
  const port = open.http.split(':')[1];
  const elsewhere = await new Client(t, `${outside.address}:${port}`).ask('/v1/clock', { body: { now: TOLD } });
  assert.deepEqual([elsewhere.status, elsewhere.json.code], [403, 'LOOPBACK_ONLY']);
  assert.equal((await new Client(t, `127.0.0.1:${port}`).ask('/v1/clock', { body: { now: TOLD } })).status, 200);
});
