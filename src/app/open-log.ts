import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { DeadLetterTopic } from '../log/dead-letter-topic.ts';
import type { EventLog } from '../log/event-log.ts';
import type { KafkaClient } from '../log/kafka-client.ts';
import { KafkaLog } from '../log/kafka-log.ts';
import type { RefusedMessage } from '../log/shared-log.ts';
import { SqliteLog } from '../log/sqlite-log.ts';
import type { Config } from './config-schema.ts';
import { isOnKafka, openKafkaClient } from './kafka.ts';

/** Brokers that start together with the service need some 10 s; each try takes seconds itself. */
const OPEN_TRIES_MAX = 10;

const SET_ASIDE_RETRY_MS = 500;

/**
 * The log that the configuration names.
 * @param isWriter whether messages that cannot be applied are set aside
 * @throws BeckonError as `SqliteLog.open` and `KafkaLog.open` do
 */
export const openLog = async (config: Config, logPath: string, isWriter: boolean): Promise<SqliteLog | KafkaLog> => {
  if (!isOnKafka(config)) return SqliteLog.open(logPath);
  if (existsSync(logPath))
    throw new BeckonError(
      'CONFIG_INVALID',
      `dataDir holds an embedded log (${logPath}), and kafkaBrokers names another: use a data directory of its own for Kafka`,
    );
  const client = await openKafkaClient(config);
  const setAside = isWriter ? setAsideOn(client, config) : undefined;
  for (let tries = 1; ; tries++) {
    try {
      return await KafkaLog.open(client, config.kafkaLogTopic, LIMITS.shards, setAside);
    } catch (error) {
      const isAway = (error as Partial<BeckonError>).code === 'LOG_UNAVAILABLE';
      if (isAway && tries < OPEN_TRIES_MAX) continue;
      await client.close();
      throw error;
    }
  }
};

/** Messages of the log that cannot be applied go to the dead letters once, however often the log is read. */
const setAsideOn = (client: KafkaClient, { kafkaLogTopic, kafkaDeadLetterTopic }: Config) => {
  const letters = new DeadLetterTopic(client, kafkaDeadLetterTopic);
  return async (messages: readonly RefusedMessage[]): Promise<void> => {
    const refused = messages.map((message) => ({
      ...message,
      topic: kafkaLogTopic,
      timestampMs: message.logTimeMs,
    }));
    await untilWritten(() => letters.writeNew(refused));
  };
};

/** What cannot be applied holds up its partition and nothing else until it is set aside. */
const untilWritten = async (write: () => Promise<void>): Promise<void> => {
  for (;;) {
    try {
      await write();
      return;
    } catch {
      await delay(SET_ASIDE_RETRY_MS);
    }
  }
};

/** Records that a log holds, as far as offsets tell. */
export const endOf = (log: EventLog): number => log.ends().reduce((sum, end) => sum + end, 0);
