import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { KafkaClient, KafkaConnection, SourceRecord } from '../../src/log/kafka-client.ts';
import { PlatformaticClient } from '../../src/log/platformatic-client.ts';
import { testBrokers } from '../support/kafka.ts';

/** Talks with the broker of the tests beside the service. */
export const openClient = (
  t: Pick<TestContext, 'after'>,
  Client: new (connection: KafkaConnection) => KafkaClient = PlatformaticClient,
): KafkaClient => {
  const client = new Client({ brokers: testBrokers(), clientId: 'beckon-test' });
  t.after(() => client.close());
  return client;
};

export interface ReadRecord extends SourceRecord {
  readonly partition: number;
}

/** Reads a topic from its start until there are so many records. */
export const readTopic = (client: KafkaClient, topic: string, count: number): Promise<ReadRecord[]> =>
  readUntil(client, topic, (records) => records.length >= count);

/**
 * Reads a topic of CloudEvents, binary or structured, from its start until it has so many ids.
 * @returns each event once, as its first record: what a producer is not sure of it sends again
 */
export const readDistinct = async (client: KafkaClient, topic: string, count: number): Promise<ReadRecord[]> => {
  const distinct = (records: readonly ReadRecord[]): Map<string, ReadRecord> => {
    const byId = new Map<string, ReadRecord>();
    for (const record of records) {
      const inHeader = record.headers.find(([name]) => name === 'ce_id')?.[1];
      const id = String(inHeader ?? JSON.parse(String(record.value)).id);
      const first = byId.get(id) ?? record;
      assert.deepEqual(record.value, first.value, `another message by the id ${id}`);
      byId.set(id, first);
    }
    return byId;
  };
  return [...distinct(await readUntil(client, topic, (records) => distinct(records).size >= count)).values()];
};

const readUntil = async (
  client: KafkaClient,
  topic: string,
  isEnough: (records: readonly ReadRecord[]) => boolean,
): Promise<ReadRecord[]> => {
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
        if (isEnough(records)) done.resolve();
        return undefined;
      },
    },
  });
  await Promise.race([done.promise, following.ended]);
  await following.close();
  return records;
};
