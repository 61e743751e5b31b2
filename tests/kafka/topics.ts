import type { TestContext } from 'node:test';
import type { KafkaClient, SourceRecord } from '../../src/log/kafka-client.ts';
import { PlatformaticClient } from '../../src/log/platformatic-client.ts';
import { testBrokers } from '../support/kafka.ts';

/** Talks with the broker of the tests beside the service. */
export const openClient = (t: Pick<TestContext, 'after'>): KafkaClient => {
  const client = new PlatformaticClient({ brokers: testBrokers(), clientId: 'beckon-test' });
  t.after(() => client.close());
  return client;
};

export interface ReadRecord extends SourceRecord {
  readonly partition: number;
}

/** Reads a topic from its start until there are so many records. */
export const readTopic = async (client: KafkaClient, topic: string, count: number): Promise<ReadRecord[]> => {
  const facts = await client.topic(topic);
  if (facts === undefined) throw new Error(`there is no topic ${topic}`);
  const records: ReadRecord[] = [];
  const done = Promise.withResolvers<void>();
  let partition = 0;
  const following = await client.follow({
    topic,
    from: Array<number>(facts.partitions).fill(0),
    reached: () => {},
    sink: {
      begin: (number) => {
        partition = number;
      },
      record: (offset, timestampMs, key, value, headers) =>
        records.push({ partition, offset, timestampMs, key, value, headers: headers() }),
      end: () => {
        if (records.length >= count) done.resolve();
        return undefined;
      },
    },
  });
  await Promise.race([done.promise, following.ended]);
  await following.close();
  return records;
};
