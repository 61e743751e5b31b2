import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { shardOf } from '../../src/base/hash.ts';
import { stateOf } from '../durability/state-check.ts';
import { advisingPack } from '../support/advising-pack.ts';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { ON_KAFKA, topicName } from '../support/kafka.ts';
import { startService } from '../support/service.ts';

const PACK = advisingPack({
  features: [
    { name: 'orders', kind: 'count', event: 'order.placed', unit: 'orders' },
    { name: 'days', kind: 'sum', event: 'order.placed', field: 'lines.item.supplyDays', unit: 'days' },
  ],
  items: { items: [{ sku: 'latte', supplyDays: 1, attributes: { price: 30 } }] },
  actions: {
    actions: ['coupon', 'gift'].map((actionId) => ({
      actionId,
      kind: 'sell',
      description: 'of a test',
      value: 'item(1).price',
      outcome: { event: 'order.placed', within: '7d' },
      channels: ['sms'],
      content: {},
    })),
  },
});

let number = 0;
const order = (subject: string) => {
  const orderId = `o${number++}`;
  const data = { orderId, amount: 1, lines: [{ sku: 'latte', quantity: 1 }] };
  return cloudEvent({ id: orderId, subject, data });
};
const item = (price: number, supplyDays: number) => {
  const data = { sku: 'latte', supplyDays, attributes: { price } };
  return cloudEvent({ type: 'item.changed', id: `i${number++}`, subject: 'latte', data });
};

const partitionOf = (id: string): number => shardOf(Buffer.from(id), 0, id.length, 16);

test(
  'on Kafka, too, rules and features see what was told of an item before, whatever partition it stands in',
  ON_KAFKA,
  async (t: TestContext) => {
    const env = { KAFKA_BROKERS: process.env.KAFKA_TEST_BROKERS as string, KAFKA_LOG_TOPIC: topicName('items') };
    const served = async () => {
      const service = await startService(t, { env, args: ['--pack', PACK, '--serving-threads', '2'] });
      return { service, client: new Client(t, service.http) };
    };
    const customers = Array.from({ length: 40 }, (_, i) => `c${i}`);
    assert.ok(new Set(customers.map(partitionOf)).size > 8);
    const first = await served();
    let posted = 0;
    const post = async (...events: readonly object[]): Promise<void> => {
      const { status, json } = await first.client.events(events);
      assert.deepEqual([status, json.rejected], [202, []]);
      posted += events.length;
      // On a busy machine an event is answered before it was read back.
      while ((await stateOf(first.service)).eventsApplied < posted);
    };
    // Its partition is longer than those of most customers.
    for (let i = 1; i <= 20; i++) await post(item(30 + i, i));
    await post(...customers.map(order));
    const seen = async ({ client }: { client: Client }) =>
      Promise.all(
        customers.map(async (customerId) => {
          const { json } = await client.score({ customerId });
          const { features } = (await client.ask(`/v1/customers/${customerId}`)).json;
          return [json.ranked[0].terms.value, features.days];
        }),
      );
    assert.deepEqual(
      await seen(first),
      customers.map(() => [50, 20]),
    );
    await post(item(99, 5));
    assert.deepEqual(
      await seen(first),
      customers.map(() => [99, 20]),
    );
    await post(...customers.map(order));
    const last = await seen(first);
    assert.deepEqual(
      last,
      customers.map(() => [99, 25]),
    );
    const state = await stateOf(first.service);
    assert.equal(await first.service.stop(), 0);
    const second = await served();
    assert.deepEqual(await seen(second), last);
    assert.deepEqual(await stateOf(second.service), state);
  },
);
