/** A topic read as each client's documentation shows it, by an empty handler. */
import { randomUUID } from 'node:crypto';
import { Consumer } from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';

/** Tells of records that have come; resolves to what ends it. */
export type EmptyHandler = (
  brokers: readonly string[],
  topic: string,
  came: (records: number) => void,
) => Promise<() => Promise<void>>;

export const platformaticHandler: EmptyHandler = async (brokers, topic, came) => {
  const consumer = new Consumer({ clientId: 'bench', bootstrapBrokers: [...brokers], groupId: randomUUID() });
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false, minBytes: 1 });
  stream.on('data', () => came(1));
  return () => consumer.close(true);
};

export const kafkajsHandler: EmptyHandler = async (brokers, topic, came) => {
  const consumer = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).consumer({ groupId: randomUUID() });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatch: async ({ batch }) => came(batch.messages.length) });
  return () => consumer.disconnect();
};
