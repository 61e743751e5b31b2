import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Kafka } from 'kafkajs';
import type { KafkaClient, KafkaConnection } from '../../src/log/kafka-client.ts';
import { KafkaLog } from '../../src/log/kafka-log.ts';
import { KafkajsClient } from '../../src/log/kafkajs-client.ts';
import { PlatformaticClient } from '../../src/log/platformatic-client.ts';
import { ON_KAFKA, testBrokers, topicName } from '../support/kafka.ts';
import { contractOfEventLog } from './contract.ts';
import { eventGroupAt } from './logged-records.ts';

const PARTITIONS = 16;

const CLIENTS = { '@platformatic/kafka': PlatformaticClient, kafkajs: KafkajsClient } as const;

const clientOf = (t: TestContext, Client: new (connection: KafkaConnection) => KafkaClient = PlatformaticClient) => {
  const client = new Client({ brokers: testBrokers(), clientId: 'beckon-test' });
  t.after(() => client.close());
  return client;
};

const openLog = async (t: TestContext, Client?: (typeof CLIENTS)[keyof typeof CLIENTS]): Promise<KafkaLog> => {
  const log = await KafkaLog.open(clientOf(t, Client), topicName('log'), PARTITIONS);
  t.after(() => log.close());
  return log;
};

if (ON_KAFKA.skip === false)
  for (const [name, Client] of Object.entries(CLIENTS))
    contractOfEventLog(`Kafka log, ${name}`, (t) => openLog(t, Client), {
      groupAt: eventGroupAt,
      isGrouped: false,
      numRuns: 2,
    });
else test('the contract of a log on Kafka', ON_KAFKA, () => {});

test('a checkpoint of one topic is none of another', ON_KAFKA, async (t) => {
  const [one, other] = [await openLog(t), await openLog(t)];
  const again = await KafkaLog.open(clientOf(t), one.topic, PARTITIONS);
  assert.deepEqual(again.secret, one.secret);
  assert.notDeepEqual(other.secret, one.secret);
});

test('a topic with the times of producers cannot be the log', ON_KAFKA, async (t) => {
  const client = clientOf(t);
  const topic = topicName('create-time');
  await client.createTopic(topic, PARTITIONS, { 'message.timestamp.type': 'CreateTime' });
  await assert.rejects(KafkaLog.open(client, topic, PARTITIONS), { code: 'LOG_TOPIC_REFUSED', message: /CreateTime/ });
});

test('another number of partitions than shards is refused by a code of its own', ON_KAFKA, async (t) => {
  const client = clientOf(t);
  const topic = topicName('partitions');
  await client.createTopic(topic, 3, { 'message.timestamp.type': 'LogAppendTime' });
  await assert.rejects(KafkaLog.open(client, topic, PARTITIONS), {
    code: 'LOG_PARTITIONS_CHANGED',
    details: { partitions: 3, shards: PARTITIONS },
  });
});

test('partitions that are added while the log is followed are refused', ON_KAFKA, async (t) => {
  const log = await openLog(t);
  const following = await log.follow({ from: Array(PARTITIONS).fill(0), take: () => undefined, reached: () => {} });
  t.after(() => following.close());
  const admin = new Kafka({ brokers: testBrokers() }).admin();
  t.after(() => admin.disconnect());
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic: log.topic, count: PARTITIONS + 1 }] });
  await assert.rejects(following.ended, { code: 'LOG_PARTITIONS_CHANGED' });
});
