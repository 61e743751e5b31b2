import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/http-client.ts';
import { startService } from '../support/service.ts';
import { GrpcClient, type Message, struct } from './grpc-client.ts';

const order = (id: string, subject: string, more: object = {}): Message => ({
  type: 'order.placed',
  source: '/shop/orders',
  id,
  subject,
  time: '2024-03-05T10:11:12Z',
  dataJson: Buffer.from(JSON.stringify({ orderId: id, amount: 20 })),
  ...more,
});

test('events over gRPC', async (t) => {
  const service = await startService(t);
  const http = new Client(t, service.http);
  const client = new GrpcClient(t, service.grpc);
  const ordersOf = async (customer: string): Promise<number | undefined> =>
    (await http.ask(`/v1/customers/${customer}`)).json.features?.orders;
  const append = (...events: readonly Message[]): Promise<Message> => client.ask('EventsService', 'append', { events });

  await t.test('what is answered is in the state, with data as JSON or as a Struct', async () => {
    const asStruct = order('s2', 'ada', { dataJson: undefined, data: struct({ orderId: 's2', amount: 20 }) });
    assert.deepEqual(await append(order('s1', 'ada'), asStruct), { accepted: 2 });
    assert.equal(await ordersOf('ada'), 2);
  });

  await t.test('source and id make the event, whatever door it came through', async () => {
    assert.deepEqual(await append(order('s1', 'ada'), order('s3', 'ada')), { accepted: 1, duplicates: 1 });
    const body = {
      ...{ specversion: '1.0', type: 'order.placed', source: '/shop/orders', id: 's3', subject: 'ada' },
      data: { orderId: 's3', amount: 20 },
    };
    assert.equal((await http.events(body)).json.duplicates, 1);
    assert.equal(await ordersOf('ada'), 3);
  });

  await t.test('each event that cannot be taken is named, and the others are taken', async () => {
    const answer = await append(
      order('b1', 'bob'),
      order('b2', 'bob', { type: 'order.place' }),
      order('b3', 'bob', { dataJson: Buffer.from('{') }),
      order('b4', 'bob', { dataJson: Buffer.from('{"orderId":"1","amount":"20"}') }),
      order('b5', '', {}),
      order('b6', 'bob', { time: '2100-01-01T00:00:00Z' }),
    );
    assert.equal(answer.accepted, 1);
    assert.deepEqual(
      answer.rejected.map(({ index, id, code }: Message) => [index, id, code]),
      [
        [1, 'b2', 'EVENT_TYPE_UNKNOWN'],
        [2, 'b3', 'EVENT_DATA_INVALID'],
        [3, 'b4', 'EVENT_DATA_INVALID'],
        [4, 'b5', 'EVENT_ATTRIBUTE_INVALID'],
        [5, 'b6', 'EVENT_ATTRIBUTE_INVALID'],
      ],
    );
    assert.equal(await ordersOf('bob'), 1);
  });

  await t.test('where none can be taken the call is refused, with a word on each', async () => {
    const refused = await client.refusal('EventsService', 'append', {
      events: [order('x', 'bob', { type: 'nonsense' })],
    });
    assert.equal(refused.code, 'INVALID_ARGUMENT');
    for (const word of ['EVENT_TYPE_UNKNOWN', 'google.rpc.BadRequest', 'events[0]'])
      assert.ok(refused.details.includes(word));
    const many = Array.from({ length: 501 }, (_, i) => order(`m${i}`, 'bob'));
    assert.equal((await client.refusal('EventsService', 'append', { events: many })).code, 'RESOURCE_EXHAUSTED');
  });

  await t.test('a stream is answered once, when all of it is durable; positions count over its messages', async () => {
    const answered = new Promise<Message>((resolve, reject) => {
      const call = client.open('EventsService', 'appendStream', (error: Error | null, answer: Message) =>
        error === null ? resolve(answer) : reject(error),
      );
      for (let i = 0; i < 50; i++)
        call.write({
          events: Array.from({ length: 100 }, (_, j) => order(`t${i * 100 + j}`, j === 7 ? '' : `t${j}`)),
        });
      call.end();
    });
    const { accepted, rejectedCount, rejected } = await answered;
    assert.deepEqual([accepted, rejectedCount], [4950, 50]);
    assert.deepEqual(
      rejected.map(({ index }: Message) => index),
      Array.from({ length: 50 }, (_, i) => i * 100 + 7),
    );
    assert.equal(await ordersOf('t8'), 50);
  });
});
