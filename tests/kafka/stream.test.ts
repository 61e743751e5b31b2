import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shardOf } from '../../src/base/hash.ts';
import { advisingPack } from '../support/advising-pack.ts';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { ON_KAFKA, testBrokers, topicName } from '../support/kafka.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { until } from '../support/until.ts';
import { openClient, type ReadRecord, readDistinct } from './topics.ts';

const order = (customer: string, number: number) =>
  cloudEvent({
    id: `${customer}-${number}`,
    subject: customer,
    time: '2026-01-01T10:00:00Z',
    data: { orderId: `${customer}-${number}`, amount: 10 },
  });

const told = ({ key, value, headers }: ReadRecord) => {
  const of = new Map(headers.map(([name, bytes]) => [name, String(bytes)]));
  const message = JSON.parse(String(value));
  assert.equal(String(key), message.customerId);
  assert.equal(of.get('ce_specversion'), '1.0');
  assert.equal(of.get('ce_source'), 'beckon');
  assert.equal(of.get('ce_type'), message.type);
  assert.equal(of.get('ce_subject'), message.customerId);
  assert.equal(of.get('ce_time'), message.at);
  assert.equal(of.get('ce_id'), message.decisionId);
  assert.equal(of.get('content-type'), 'application/json');
  return [message.cursor, message.customerId, message.decision.actionId];
};

test('decisions that change go to a topic, in the order of each customer, over a kill', ON_KAFKA, async (t) => {
  const client = openClient(t);
  const [log, out] = [topicName('log'), topicName('decisions')];
  const env = { KAFKA_BROKERS: testBrokers().join(), KAFKA_LOG_TOPIC: log, KAFKA_DECISIONS_TOPIC: out };
  const args = ['--pack', advisingPack(), '--stream-every-ms', '1'];
  const dataDir = tempFolder(t);
  let service = await startService(t, { env, args, dataDir });
  // Nobody has asked for the stream.
  let http = new Client(t, service.http);
  await http.events([order('ada', 1), order('bob', 1)]);
  await until(async () => (await client.topic(out)) !== undefined);
  const first = await readDistinct(client, out, 2);
  assert.deepEqual(
    first
      .map(told)
      .map(([, ...rest]) => rest)
      .sort(),
    [
      ['ada', 'coupon'],
      ['bob', 'coupon'],
    ],
  );

  await service.kill9();
  service = await startService(t, { env, args, dataDir });
  http = new Client(t, service.http);
  await http.events([order('ada', 2), order('ada', 3), order('eve', 1)]);
  const all = await readDistinct(client, out, 4);
  const own = (customer: string) => all.map(told).flatMap(([, of, action]) => (of === customer ? [action] : []));
  assert.deepEqual([own('ada'), own('bob'), own('eve')], [['coupon', 'gift'], ['coupon'], ['coupon']]);
  // The same over HTTP, with the same cursors.
  const { json } = await http.ask('/v1/decisions?after=0');
  assert.deepEqual(
    json.messages.map(({ cursor }: { cursor: number }) => cursor),
    all
      .map(told)
      .map(([cursor]) => cursor)
      .sort((a, b) => a - b),
  );

  // What the state forgets is not told of any more; what the topic holds goes with its retention.
  await http.ask('/v1/customers/ada', { method: 'DELETE' });
  await until(async () => {
    const { json } = await http.ask('/v1/decisions?after=0');
    return json.messages.every(({ customerId }: { customerId: string }) => customerId !== 'ada');
  });
  assert.equal(await service.stop(), 0);
});

test('a decision has the headers of the last event that caused it', ON_KAFKA, async (t) => {
  const client = openClient(t);
  const [log, source, out] = [topicName('log'), topicName('source'), topicName('decisions')];
  const env = {
    KAFKA_BROKERS: testBrokers().join(),
    KAFKA_LOG_TOPIC: log,
    KAFKA_DECISIONS_TOPIC: out,
    KAFKA_SOURCE_TOPICS: source,
    KAFKA_GROUP: topicName('group'),
  };
  await client.createTopic(source, 1, {});
  const trace = (of: number) => `00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333${of}-01`;
  const service = await startService(t, { env, args: ['--pack', advisingPack(), '--stream-every-ms', '1'] });
  const record = (customer: string, number: number, headers: [string, Buffer][]) => {
    const key = Buffer.from(customer);
    const partition = shardOf(key, 0, key.length, 16);
    return { partition, key, value: Buffer.from(JSON.stringify(order(customer, number))), headers };
  };
  const [binary, none] = [Buffer.from([0, 255, 128]), Buffer.from('')];
  const beside = (of: number): [string, Buffer][] => [
    ['traceparent', Buffer.from(trace(of))],
    ['Route', binary],
    ['empty', none],
  ];
  const type: [string, Buffer] = ['content-type', Buffer.from('application/cloudevents+json; charset=UTF-8')];
  // Written to the log and to a source by others, and posted: as an extension, in both modes.
  await client.produce(log, [record('ada', 1, [type, ...beside(1)])]);
  await client.produce(source, [{ ...record('bob', 1, [type, ...beside(2)]), partition: 0 }]);
  const http = new Client(t, service.http);
  await http.events([{ ...order('eve', 1), traceparent: trace(3), tracestate: 'a=1' }]);
  const { data, ...attributes } = order('joe', 1);
  const asHeaders = Object.entries({ ...attributes, traceparent: trace(4) }).map(([name, value]) => [
    `ce-${name}`,
    String(value),
  ]);
  await http.ask('/v1/events', { body: data, headers: Object.fromEntries(asHeaders) });
  await http.events([order('kim', 1)]);
  await until(async () => (await client.topic(out)) !== undefined);
  const messages = await readDistinct(client, out, 5);
  const causes = new Map(messages.map((message) => [String(message.key), message.headers.slice(7)]));
  for (const message of messages) told(message);
  assert.deepEqual(causes.get('ada'), beside(1));
  assert.deepEqual(causes.get('bob'), beside(2));
  assert.deepEqual(causes.get('eve'), [
    ['traceparent', Buffer.from(trace(3))],
    ['tracestate', Buffer.from('a=1')],
  ]);
  assert.deepEqual(causes.get('joe'), [['traceparent', Buffer.from(trace(4))]]);
  assert.deepEqual(causes.get('kim'), []);

  // Two in one message set: whichever step sees them, the last one has changed the decision to a gift.
  await client.produce(log, [record('ada', 2, beside(5)), record('ada', 3, beside(6))]);
  const all = await readDistinct(client, out, 6);
  assert.deepEqual(
    all.find(({ headers }) => headers.some(([, value]) => String(value) === trace(6)))?.headers.slice(7),
    beside(6),
  );
  assert.equal(await service.stop(), 0);
});

test('what time makes true fires on Kafka, too, once, also where nobody was there by then', ON_KAFKA, async (t) => {
  const client = openClient(t);
  const [log, out] = [topicName('log'), topicName('decisions')];
  const env = { KAFKA_BROKERS: testBrokers().join(), KAFKA_LOG_TOPIC: log, KAFKA_DECISIONS_TOPIC: out };
  const quiet = { name: 'quiet', when: { feature: 'orderSeconds', crosses: 'above', value: 2 } };
  const features = [
    { name: 'orders', kind: 'count', event: 'order.placed', unit: 'orders' },
    { name: 'orderSeconds', kind: 'last', event: 'order.placed', unit: 'seconds' },
  ];
  const pack = advisingPack({ features, triggers: { triggers: [quiet] } });
  const args = ['--pack', pack, '--stream-every-ms', '10'];
  const now = (customer: string) => ({ ...order(customer, 1), time: new Date().toISOString() });
  const dataDir = tempFolder(t);
  let service = await startService(t, { env, args, dataDir });
  await new Client(t, service.http).events([now('ada')]);
  // A decision and a trigger.
  await until(async () => (await client.topic(out)) !== undefined);
  await readDistinct(client, out, 2);
  await new Client(t, service.http).events([now('bob')]);
  await service.kill9();
  service = await startService(t, { env, args, dataDir });
  await readDistinct(client, out, 4);
  // Eve comes after everything that might fire twice.
  await new Client(t, service.http).events([now('eve')]);
  const messages = (await readDistinct(client, out, 6)).map(({ value }) => JSON.parse(String(value)));
  const fired = messages
    .filter(({ type }) => type === 'trigger.fired')
    .map(({ customerId, name }) => [customerId, name]);
  assert.deepEqual(fired.sort(), [
    ['ada', 'quiet'],
    ['bob', 'quiet'],
    ['eve', 'quiet'],
  ]);
  const types = (await readDistinct(client, log, 6)).map(({ value }) => JSON.parse(String(value)).type);
  assert.equal(types.filter((type) => type === 'trigger.fired').length, 3);
  assert.equal(await service.stop(), 0);
});
