import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Kafka } from 'kafkajs';
import type { JoinOptions, KafkaClient } from '../../src/log/kafka-client.ts';
import { KafkajsClient } from '../../src/log/kafkajs-client.ts';
import { PlatformaticClient } from '../../src/log/platformatic-client.ts';
import { ON_KAFKA, testBrokers, topicName } from '../support/kafka.ts';
import { until } from '../support/until.ts';
import { openClient } from './topics.ts';

const PARTITIONS = 4;
const CLIENTS = { '@platformatic/kafka': PlatformaticClient, kafkajs: KafkajsClient } as const;

/** What a member of a group has taken: `partition/offset` by the order in which it came. */
interface Member {
  readonly taken: string[];
  close(): Promise<void>;
}

for (const [name, Client] of Object.entries(CLIENTS)) {
  /** Once every leader answers: until then a produced page may be sent twice. */
  const makeTopic = async (client: KafkaClient): Promise<string> => {
    const topic = topicName('group');
    await client.createTopic(topic, PARTITIONS, {});
    await until(async () => (await client.bounds(topic).catch(() => undefined))?.ends.length === PARTITIONS);
    return topic;
  };

  const join = (t: TestContext, topic: string, take?: JoinOptions['take']): Member => {
    const taken: string[] = [];
    const client = openClient(t, Client);
    const following = client.join({
      topics: [topic],
      group: topic,
      async take(of, partition, records) {
        await take?.(of, partition, records);
        taken.push(...records.map(({ offset }) => `${partition}/${offset}`));
      },
      reached: () => {},
    });
    return { taken, close: () => following.close() };
  };

  const produce = async (client: KafkaClient, topic: string, each: number): Promise<void> => {
    const value = Buffer.from('{}');
    const records = Array.from({ length: each * PARTITIONS }, (_, i) => {
      return { partition: i % PARTITIONS, key: null, value, headers: [] };
    });
    await client.produce(topic, records);
  };

  const places = (from: number, to: number): string[] =>
    Array.from({ length: PARTITIONS }, (_, p) => Array.from({ length: to - from }, (_, i) => `${p}/${from + i}`))
      .flat()
      .toSorted();

  test(`${name}: members of a group share its partitions, whoever comes and goes`, ON_KAFKA, async (t) => {
    const client = openClient(t, Client);
    const topic = await makeTopic(client);
    await produce(client, topic, 100);
    const one = join(t, topic);
    await until(() => one.taken.length === 100 * PARTITIONS);
    const other = join(t, topic);
    // Each round goes to whoever has the partition now; the second member gets some in the end.
    let sent = 100;
    await until(async () => {
      await produce(client, topic, 10);
      sent += 10;
      return other.taken.length > 0;
    });
    await one.close();
    await produce(client, topic, 50);
    sent += 50;
    await until(() => new Set([...one.taken, ...other.taken]).size === sent * PARTITIONS);
    assert.deepEqual([...new Set([...one.taken, ...other.taken])].toSorted(), places(0, sent));
    // What the first had committed is not read again by whoever takes over.
    assert.ok(!other.taken.some((place) => Number(place.split('/')[1]) < 100));
  });

  test(`${name}: records that cannot be taken come again, and none behind them is passed over`, ON_KAFKA, async (t) => {
    const client = openClient(t, Client);
    const topic = await makeTopic(client);
    await produce(client, topic, 20);
    let refusals = 0;
    const member = join(t, topic, async (_, partition) => {
      if (partition === 1 && refusals++ < 2) throw new Error('the log cannot be reached');
    });
    await until(() => new Set(member.taken).size === 20 * PARTITIONS);
    assert.deepEqual([...new Set(member.taken)].toSorted(), places(0, 20));
    assert.ok(refusals > 2);
  });

  test(`${name}: what retention has removed since the last commit is passed over`, ON_KAFKA, async (t) => {
    const client = openClient(t, Client);
    const topic = await makeTopic(client);
    await produce(client, topic, 10);
    const before = join(t, topic);
    await until(() => before.taken.length === 10 * PARTITIONS);
    await before.close();
    await produce(client, topic, 40);
    const admin = new Kafka({ brokers: testBrokers() }).admin();
    await admin.connect();
    await admin.fetchTopicMetadata({ topics: [topic] });
    await admin.deleteTopicRecords({
      topic,
      partitions: Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, offset: '30' })),
    });
    await admin.disconnect();
    const after = join(t, topic);
    await until(() => after.taken.length >= 20 * PARTITIONS);
    assert.deepEqual(after.taken.toSorted(), places(30, 50));
  });
}
