import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advisingPack } from '../support/advising-pack.ts';
import { Follower } from '../support/follower.ts';
import { Client } from '../support/http-client.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const FEATURES = [
  { name: 'orders', kind: 'count', event: 'order.placed', unit: 'orders' },
  { name: 'orderSeconds', kind: 'last', event: 'order.placed', unit: 'seconds' },
];
const order = (id: string, customer: string, time: string) => ({
  specversion: '1.0',
  source: 'trigger-test',
  id,
  type: 'order.placed',
  subject: customer,
  time,
  data: { orderId: id, amount: 10 },
});
const isoIn = (ms: number): string => new Date(Date.now() + ms).toISOString();

test('what time makes true fires by itself, within a second, and once, also where the process was killed meanwhile', async (t) => {
  const quiet = { name: 'quiet', when: { feature: 'orderSeconds', crosses: 'above', value: 3 } };
  const pack = advisingPack({ features: FEATURES, triggers: { triggers: [quiet] } });
  const args = ['--pack', pack, '--stream-every-ms', '10'];
  const dataDir = tempFolder(t);
  let service = await startService(t, { args, dataDir });
  let client = new Client(t, service.http);
  const follower = new Follower(t, service.http, '/v1/decisions/stream?after=0');
  const placedMs = Math.floor(Date.now() / 1000) * 1000;
  await client.events([order('1', 'ada', new Date(placedMs).toISOString())]);
  const fired = await follower.until(({ event }) => event === 'trigger.fired');
  const lateMs = Date.now() - (placedMs + 3000);
  assert.ok(lateMs >= 0, 'not before');
  assert.deepEqual(
    [fired.data.customerId, fired.data.name, fired.data.firedAt, fired.data.decision.actionId],
    ['ada', 'quiet', new Date(placedMs + 3000).toISOString(), 'coupon'],
  );
  // Nobody is there when bob's time comes.
  await client.events([order('2', 'bob', isoIn(0))]);
  await service.kill9();
  service = await startService(t, { args, dataDir });
  client = new Client(t, service.http);
  const again = new Follower(t, service.http, `/v1/decisions/stream?after=${fired.id}`);
  await again.until(({ event, data }) => event === 'trigger.fired' && data.customerId === 'bob');
  // Eve comes after everything that might fire twice.
  await client.events([order('3', 'eve', isoIn(0))]);
  await again.until(({ event, data }) => event === 'trigger.fired' && data.customerId === 'eve');
  const names = again.messages.filter(({ event }) => event === 'trigger.fired').map(({ data }) => data.customerId);
  assert.deepEqual(names, ['bob', 'eve']);
  const { text } = await new Client(t, service.admin).ask('/metrics');
  assert.match(text, /beckon_triggers_fired_total\{name="quiet"\} 2/);
  assert.match(text, /beckon_trigger_late_seconds_bucket\{le="1"\} [12]\n/);
  assert.equal(await service.stop(), 0);
});

test("on the log's clock months of triggers fire in order when it is moved", async (t) => {
  const lapse = { name: 'lapse', when: { feature: 'orderSeconds', crosses: 'above', value: 90 * 86_400 } };
  const pack = advisingPack({ features: FEATURES, triggers: { triggers: [lapse] } });
  const service = await startService(t, { args: ['--pack', pack, '--clock', 'log', '--stream-every-ms', '5'] });
  const client = new Client(t, service.http);
  const follower = new Follower(t, service.http, '/v1/decisions/stream?after=0');
  const day = (n: number): string => new Date(Date.UTC(2026, 0, 1 + n)).toISOString();
  await client.events([order('1', 'ada', day(0)), order('2', 'bob', day(10)), order('3', 'eve', day(20))]);
  await client.ask('/v1/clock', { body: { now: day(105) } });
  await follower.until(({ event, data }) => event === 'trigger.fired' && data.customerId === 'bob');
  const fired = () =>
    follower.messages
      .filter(({ event }) => event === 'trigger.fired')
      .map(({ data }) => `${data.name} ${data.customerId} ${data.firedAt}`);
  assert.deepEqual(fired(), [`lapse ada ${day(90)}`, `lapse bob ${day(100)}`]);
  await client.ask('/v1/clock', { body: { now: day(112) } });
  await follower.until(({ event, data }) => event === 'trigger.fired' && data.customerId === 'eve');
  assert.equal(await service.stop(), 0);
});
