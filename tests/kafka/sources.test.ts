import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shardOf } from '../../src/base/hash.ts';
import type { OutgoingRecord } from '../../src/log/kafka-client.ts';
import { stateOf } from '../durability/state-check.ts';
import { cloudEvent } from '../support/cloud-event.ts';
import { ON_KAFKA, topicName } from '../support/kafka.ts';
import { startService } from '../support/service.ts';
import { until } from '../support/until.ts';
import { POISON } from './poison.ts';
import { openClient, readTopic } from './topics.ts';

const CUSTOMERS = 20;
const EVENTS = 2000;

/** Every one of a customer's orders is in the partition of the customer, in an order that the sums show. */
const order = (number: number): OutgoingRecord => {
  const subject = `customer-${number % CUSTOMERS}`;
  const data = { orderId: `${number}`, amount: 1 + number / 100 };
  const time = new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString();
  const partition = (number % CUSTOMERS) % 2;
  const traced = ['traceparent', Buffer.from(`00-${number}`)] as const;
  if (number % 3 > 0) {
    const value = Buffer.from(JSON.stringify(cloudEvent({ id: `o${number}`, subject, time, data })));
    return { partition, key: Buffer.from('any'), value, headers: [traced] };
  }
  const attributes = {
    specversion: '1.0',
    type: 'order.placed',
    source: '/shop/orders',
    id: `o${number}`,
    subject,
    time,
  };
  return {
    partition,
    key: null,
    value: Buffer.from(JSON.stringify(data)),
    headers: [
      ...Object.entries(attributes).map(([name, text]) => [`ce_${name}`, Buffer.from(text)] as const),
      ['content-type', Buffer.from('application/json')],
      traced,
    ],
  };
};

test('source topics are taken in, in both modes; what is wrong is set aside untouched', ON_KAFKA, async (t) => {
  const client = openClient(t);
  const [source, log, aside] = [topicName('source'), topicName('log'), topicName('aside')];
  await client.createTopic(source, 2, {});
  const records = Array.from({ length: EVENTS }, (_, number) => order(number));
  const poison = POISON.map(({ value, headers }, i) => {
    return {
      partition: i % 2,
      key: Buffer.from(`key-${i}`),
      value,
      headers: [['kept', Buffer.from('yes')] as const, ...headers],
    };
  });
  for (const [i, bad] of poison.entries()) records.splice(i * 80, 0, bad);
  for (let from = 0; from < records.length; from += 500) await client.produce(source, records.slice(from, from + 500));
  const env = {
    KAFKA_BROKERS: process.env.KAFKA_TEST_BROKERS as string,
    KAFKA_LOG_TOPIC: log,
    KAFKA_SOURCE_TOPICS: source,
    KAFKA_DEAD_LETTER_TOPIC: aside,
    KAFKA_GROUP: source,
  };
  const service = await startService(t, { env: env });
  await until(async () => (await stateOf(service)).eventsApplied === EVENTS);

  const logged = await readTopic(client, log, EVENTS);
  assert.equal(logged.length, EVENTS);
  const numbers = new Map<string, number[]>();
  for (const { key, value, headers } of logged) {
    const event = JSON.parse(String(value)) as { id: string; subject: string; data: { orderId: string } };
    assert.equal(String(key), event.subject);
    const of = new Map(headers.map(([name, text]) => [name, String(text)]));
    assert.deepEqual([...of.keys()].sort(), ['content-type', 'traceparent']);
    assert.equal(of.get('traceparent'), `00-${event.data.orderId}`);
    numbers.set(event.subject, [...(numbers.get(event.subject) ?? []), Number(event.data.orderId)]);
  }
  for (const [customer, theirs] of numbers)
    assert.deepEqual(
      theirs,
      theirs.toSorted((a, b) => a - b),
      `${customer}: in the order of the source`,
    );

  const letters = await readTopic(client, aside, POISON.length);
  assert.equal(letters.length, POISON.length);
  for (const { key, value, headers } of letters) {
    const i = Number(String(key).slice('key-'.length));
    const { about, code } = POISON[i];
    assert.deepEqual(value, poison[i].value, about);
    const [own, added] = [headers.slice(0, poison[i].headers.length), headers.slice(poison[i].headers.length)];
    assert.deepEqual(own, poison[i].headers, about);
    const said = new Map(added.map(([name, text]) => [name, String(text)]));
    assert.equal(said.get('beckon-error-code'), code, `${about}: ${said.get('beckon-error-reason')}`);
    assert.equal(said.get('beckon-error-topic'), source);
    assert.equal(said.get('beckon-error-partition'), String(i % 2));
    assert.match(said.get('beckon-error-offset') as string, /^\d+$/);
    assert.ok(!Number.isNaN(Date.parse(said.get('beckon-error-time') as string)));
  }

  // What has been taken is not taken again.
  await service.stop();
  const again = await startService(t, { env: env });
  await client.produce(source, [order(EVENTS)]);
  await until(async () => (await stateOf(again)).eventsApplied === EVENTS + 1);
  assert.equal(
    (await client.bounds(log)).ends.reduce((sum, end) => sum + end, 0),
    EVENTS + 1,
  );
});

test(
  'a message of the log topic that is no event is set aside once, however often the log is read',
  ON_KAFKA,
  async (t) => {
    const client = openClient(t);
    const [log, aside] = [topicName('log'), topicName('aside')];
    const env = {
      KAFKA_BROKERS: process.env.KAFKA_TEST_BROKERS as string,
      KAFKA_LOG_TOPIC: log,
      KAFKA_DEAD_LETTER_TOPIC: aside,
    };
    const first = await startService(t, { env });
    const event = (subject: string) => Buffer.from(JSON.stringify(cloudEvent({ subject, id: subject })));
    const right = shardOf(Buffer.from('customer-1'), 0, 'customer-1'.length, 16);
    await client.produce(log, [
      { partition: right, key: Buffer.from('customer-1'), value: event('customer-1'), headers: [] },
      { partition: (right + 1) % 16, key: Buffer.from('customer-1'), value: event('customer-1'), headers: [] },
      { partition: 3, key: null, value: Buffer.from('{'), headers: [] },
    ]);
    await until(async () => (await stateOf(first)).eventsApplied === 1);
    const codes = async (count: number) =>
      (await readTopic(client, aside, count)).map(({ headers }) => String(new Map(headers).get('beckon-error-code')));
    await until(async () => (await client.topic(aside)) !== undefined);
    assert.deepEqual((await codes(2)).sort(), ['EVENT_MISPLACED', 'MALFORMED_JSON']);
    const state = await stateOf(first);
    await first.kill9();
    const second = await startService(t, { env });
    assert.deepEqual(await stateOf(second), state);
    await client.produce(log, [{ partition: 5, key: null, value: Buffer.from('[]'), headers: [] }]);
    assert.deepEqual((await codes(3)).sort(), ['EVENT_MISPLACED', 'MALFORMED_JSON', 'REQUEST_INVALID']);
  },
);
