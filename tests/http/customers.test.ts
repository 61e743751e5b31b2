import assert from 'node:assert/strict';
import test from 'node:test';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { startService } from '../support/service.ts';

const DAY = 86_400_000;

test('customers over HTTP', async (t) => {
  const service = await startService(t);
  const client = new Client(t, service.http);
  const customer = async (id: string, at?: string) =>
    client.ask(`/v1/customers/${encodeURIComponent(id)}${at === undefined ? '' : `?at=${encodeURIComponent(at)}`}`);
  let ids = 0;
  const tell = async (subject: string, type: string, time: string, data: object): Promise<void> => {
    const { status } = await client.events(cloudEvent({ id: `e${ids++}`, subject, type, time, data }));
    assert.equal(status, 202);
  };

  await t.test('what is known of a customer, with every feature of the pack', async () => {
    await tell('C1', 'order.placed', '2024-03-05T10:00:00Z', { orderId: '1', amount: 59.9 });
    const { status, json } = await customer('C1', '2024-03-06T18:00:00+08:00');
    assert.equal(status, 200);
    const { features, ...rest } = json;
    assert.deepEqual(rest, {
      customerId: 'C1',
      aliases: [],
      at: '2024-03-06T10:00:00.000Z',
      asOf: { offset: 0 },
      consent: {},
      contacts: [],
      decisions: [],
    });
    const { json: pack } = await client.ask('/v1/packs/current');
    assert.deepEqual(
      Object.keys(features),
      pack.features.map(({ name }: { name: string }) => name),
    );
    for (const value of Object.values(features)) assert.ok(value === null || Number.isFinite(value));
    assert.deepEqual([features.orders, features.amountTotal, features.daysSinceLastOrder], [1, 59.9, 1]);
  });

  await t.test('at moves forward only', async () => {
    assert.equal((await customer('C1', '2024-03-15T10:00:00Z')).json.features.daysSinceLastOrder, 10);
    assert.equal((await customer('C1', '2024-03-05T10:00:00Z')).status, 200);
    const early = await customer('C1', '2024-03-05T09:59:59Z');
    assert.deepEqual(
      [early.status, early.json.code, early.json.lastEvent],
      [422, 'AT_BEFORE_STATE', '2024-03-05T10:00:00.000Z'],
    );
    const far = await customer('C1', new Date(Date.now() + 367 * DAY).toISOString());
    assert.deepEqual([far.status, far.json.code], [422, 'AT_TOO_FAR']);
  });

  await t.test('the latest word on each channel counts, one for all channels included', async () => {
    await tell('C2', 'consent.granted', '2024-01-01T00:00:00Z', { channel: 'sms', expiresAt: '2024-06-01T00:00:00Z' });
    await tell('C2', 'consent.granted', '2024-01-02T00:00:00Z', { channel: 'wecom' });
    const granted = async () => (await customer('C2')).json.consent;
    assert.deepEqual(await granted(), {
      wecom: { granted: true, at: '2024-01-02T00:00:00.000Z' },
      sms: { granted: true, at: '2024-01-01T00:00:00.000Z', expiresAt: '2024-06-01T00:00:00.000Z' },
    });
    await tell('C2', 'consent.revoked', '2024-01-03T00:00:00Z', { channel: 'wecom' });
    assert.deepEqual((await granted()).wecom, { granted: false, at: '2024-01-03T00:00:00.000Z' });
    await tell('C2', 'consent.revoked', '2024-01-04T00:00:00Z', { channel: '*' });
    await tell('C2', 'consent.granted', '2024-01-05T00:00:00Z', { channel: 'email' });
    const all = await granted();
    assert.deepEqual(all.sms, { granted: false, at: '2024-01-04T00:00:00.000Z' });
    assert.deepEqual(all.human_call, { granted: false, at: '2024-01-04T00:00:00.000Z' });
    assert.deepEqual(all.email, { granted: true, at: '2024-01-05T00:00:00.000Z' });
  });

  await t.test('ids that need encoding find their customer', async () => {
    for (const id of ['phone:+8613800000000', 'a/b', 'ä€😀', '100%', '__proto__', 'constructor', '€'.repeat(85)]) {
      assert.deepEqual((await customer(id)).json.code, 'CUSTOMER_UNKNOWN');
      await tell(id, 'member.joined', '2024-01-01T00:00:00Z', {});
      const { status, json } = await customer(id);
      assert.deepEqual([status, json.customerId], [200, id]);
    }
  });

  await t.test('a question that cannot be one is refused', async () => {
    const longest = 'x'.repeat(256);
    for (const [path, expected] of [
      [`/v1/customers/${longest}`, '404 CUSTOMER_UNKNOWN'],
      [`/v1/customers/${longest}x`, '400 REQUEST_INVALID'],
      [`/v1/customers/${'x'.repeat(10_000)}`, '400 REQUEST_INVALID'],
      ['/v1/customers/', '400 REQUEST_INVALID'],
      ['/v1/customers/a%00', '400 REQUEST_INVALID'],
      ['/v1/customers/%ED%A0%80', '400 REQUEST_INVALID'],
      ['/v1/customers/%', '400 REQUEST_INVALID'],
      ['/v1/customers/C1?at=tomorrow', '400 REQUEST_INVALID'],
      ['/v1/customers/C1?at=', '400 REQUEST_INVALID'],
      ['/v1/customers/C1?at=1960-01-01T00:00:00Z', '400 REQUEST_INVALID'],
      ['/v1/customers/C1?when=now', '400 REQUEST_INVALID'],
      ['/v1/customers/C1?at=2024-04-01T00:00:00Z&at=2024-04-02T00:00:00Z', '400 REQUEST_INVALID'],
      ['/v1/customers/a/b', '404 ROUTE_UNKNOWN'],
    ]) {
      const { status, headers, json, text } = await client.ask(path);
      assert.equal(`${status} ${json.code}`, expected, path.slice(0, 60));
      assert.match(headers['content-type'] as string, /^application\/problem\+json/);
      assert.ok(text.length < 1000);
    }
  });
});
