import assert from 'node:assert/strict';
import test from 'node:test';
import { cloudEvent } from '../support/cloud-event.ts';
import { BATCH, Client } from '../support/http-client.ts';
import { startService } from '../support/service.ts';

const MINUTE = 60_000;

test('events over HTTP', async (t) => {
  const service = await startService(t);
  const client = new Client(t, service.http);
  const orders = async (customer: string): Promise<number | string> => {
    const { status, json } = await client.ask(`/v1/customers/${encodeURIComponent(customer)}`);
    return status === 200 ? json.features.orders : json.code;
  };

  await t.test('an event in each of the three modes is in the state when it is acknowledged', async () => {
    const subject = 'phone:+86 138/ü';
    const structured = await client.events(cloudEvent({ id: 'm1', subject }));
    assert.deepEqual([structured.status, structured.json], [202, { accepted: 1, duplicates: 0, rejected: [] }]);
    assert.equal(await orders(subject), 1);
    const batch = await client.events([cloudEvent({ id: 'm2', subject }), cloudEvent({ id: 'm3', subject })]);
    assert.deepEqual([batch.status, batch.json], [202, { accepted: 2, duplicates: 0, rejected: [] }]);
    assert.equal(await orders(subject), 3);
    const binary = await client.ask('/v1/events', {
      headers: {
        'ce-specversion': '1.0',
        'ce-type': 'order.placed',
        'ce-source': '/shop/orders',
        'ce-id': 'm4',
        'ce-subject': 'phone:+86%20138/%C3%BC',
        'ce-time': '2024-03-05T10:11:12Z',
      },
      body: { orderId: '4', amount: 1 },
    });
    assert.deepEqual([binary.status, binary.json], [202, { accepted: 1, duplicates: 0, rejected: [] }]);
    assert.equal(await orders(subject), 4);
  });

  await t.test('source and id make the event: a second one is counted and not applied', async () => {
    const event = cloudEvent({ id: 'd1', subject: 'twice' });
    const both = await client.events([event, event]);
    assert.deepEqual([both.status, both.json], [202, { accepted: 1, duplicates: 1, rejected: [] }]);
    const again = await client.events(event);
    assert.deepEqual([again.status, again.json], [202, { accepted: 0, duplicates: 1, rejected: [] }]);
    assert.equal(await orders('twice'), 1);
    const other = await client.events({ ...event, source: '/shop/other' });
    assert.equal(other.json.accepted, 1);
    assert.equal(await orders('twice'), 2);
  });

  await t.test('each event of a batch is judged by itself', async () => {
    const ahead = new Date(Date.now() + 10 * MINUTE).toISOString();
    const { status, json } = await client.events([
      cloudEvent({ id: 'b0', subject: 'mixed', type: 'order.eaten' }),
      cloudEvent({ id: 'b1', subject: 'mixed' }),
      cloudEvent({ id: 'b2', subject: 'mixed', time: ahead }),
      cloudEvent({ id: 'b3', subject: 'mixed', data: { orderId: '3' } }),
      cloudEvent({ id: 'b1', subject: 'mixed' }),
      cloudEvent({ id: 'b5', subject: undefined }),
      cloudEvent({ id: 'b6', subject: 'mixed', dataschema: 'https://elsewhere.test/order' }),
      7,
      cloudEvent({ id: 'b8', subject: 'mixed', time: new Date(Date.now() + 4 * MINUTE).toISOString() }),
    ] as object[]);
    assert.equal(status, 202);
    assert.deepEqual([json.accepted, json.duplicates], [2, 1]);
    const told = json.rejected.map(({ index, id, code }: Record<string, unknown>) => [index, id, code]);
    assert.deepEqual(told, [
      [0, 'b0', 'EVENT_TYPE_UNKNOWN'],
      [2, 'b2', 'EVENT_FROM_FUTURE'],
      [3, 'b3', 'EVENT_DATA_INVALID'],
      [5, 'b5', 'EVENT_ATTRIBUTE_MISSING'],
      [6, 'b6', 'EVENT_SCHEMA_UNKNOWN'],
      [7, undefined, told[5][2]],
    ]);
    for (const { message } of json.rejected) assert.ok(message.length > 10);
    assert.equal(await orders('mixed'), 2);
  });

  await t.test('nothing accepted is a problem that carries the same list', async () => {
    const unknown = cloudEvent({ id: 'n1', type: 'order.eaten' });
    const early = cloudEvent({ id: 'n2', time: new Date(Date.now() + 10 * MINUTE).toISOString() });
    const alone = await client.events(unknown);
    assert.equal(alone.status, 400);
    assert.match(alone.headers['content-type'] as string, /^application\/problem\+json/);
    assert.deepEqual([alone.json.code, alone.json.accepted, alone.json.duplicates], ['EVENT_TYPE_UNKNOWN', 0, 0]);
    assert.equal(alone.json.rejected[0].index, 0);
    const future = await client.events(early);
    assert.deepEqual([future.status, future.json.code], [400, 'EVENT_FROM_FUTURE']);
    const both = await client.events([unknown, early]);
    assert.deepEqual([both.status, both.json.code, both.json.rejected.length], [400, 'EVENT_REJECTED', 2]);
  });

  await t.test('an event without a time happened when it was logged', async () => {
    const from = Date.now();
    await client.events(cloudEvent({ id: 't1', subject: 'timeless', time: undefined }));
    const { json } = await client.score({ customerId: 'timeless', at: new Date(from - MINUTE).toISOString() });
    assert.equal(json.code, 'AT_BEFORE_STATE');
    const last = Date.parse(json.lastEvent);
    assert.ok(last >= from - 1000 && last <= Date.now());
  });

  await t.test('a late event counts where its time belongs', async () => {
    await client.events(cloudEvent({ id: 'l1', subject: 'late' }));
    await client.events(cloudEvent({ id: 'l2', subject: 'late', time: '2023-01-01T00:00:00Z' }));
    const { json } = await client.ask('/v1/customers/late?at=2024-03-05T10:11:12Z');
    assert.equal(json.features.orders, 2);
    assert.equal(Math.floor(json.features.daysSinceFirstOrder), 429);
  });

  await t.test('what is no CloudEvent is refused', async () => {
    for (const [body, headers] of [
      [cloudEvent(), {}],
      ['{}', { 'content-type': 'text/plain' }],
      [undefined, {}],
    ] as const) {
      const { status, json } = await client.ask('/v1/events', { method: 'POST', body, headers });
      assert.deepEqual([status, json.code], [400, 'EVENT_ATTRIBUTE_MISSING']);
    }
  });

  await t.test('500 events are taken, 501 are too many', async () => {
    const events = Array.from({ length: 501 }, (_, i) => cloudEvent({ id: `s${i}`, subject: 'many' }));
    const refused = await client.ask('/v1/events', { headers: { 'content-type': BATCH }, body: events });
    assert.deepEqual([refused.status, refused.json.code, refused.json.limit], [413, 'BATCH_TOO_LARGE', 500]);
    assert.equal(await orders('many'), 'CUSTOMER_UNKNOWN');
    assert.equal((await client.events(events.slice(1))).json.accepted, 500);
    assert.equal(await orders('many'), 500);
  });

  await t.test('the catalogue is served with a schema an event', async () => {
    const { status, json } = await client.ask('/v1/events/types');
    assert.equal(status, 200);
    const order = json.types.find(({ type }: { type: string }) => type === 'order.placed');
    assert.deepEqual(order.schema.required, ['orderId', 'amount']);
    assert.deepEqual(Object.keys(order).sort(), ['dataschema', 'description', 'madeByBeckon', 'schema', 'type']);
    const named = await client.events(cloudEvent({ id: 'schema', dataschema: order.dataschema }));
    assert.equal(named.status, 202);
  });
});
