import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { wallClock } from '../base/clock.ts';
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

/** Brokers that start together with the service need some 10 s, and 40 on a busy machine. */
const OPEN_MS_MAX = 60_000;
const OPEN_RETRY_MS = 500;

const SET_ASIDE_RETRY_MS = 500;

/** A `follower` waits for brokers that are away, and a `writer` sets aside what cannot be applied, too. */
export type LogRole = 'writer' | 'follower' | 'command';

/**
 * The log that the configuration names.
 * @param waiting told why, once
 * @throws BeckonError as `SqliteLog.open` and `KafkaLog.open` do
 */
export const openLog = async (
  config: Config,
  logPath: string,
  role: LogRole,
  waiting: (trouble: Error) => void = () => {},
): Promise<SqliteLog | KafkaLog> => {
  if (!isOnKafka(config)) return SqliteLog.open(logPath);
  if (existsSync(logPath))
    throw new BeckonError(
      'CONFIG_INVALID',
      `dataDir holds an embedded log (${logPath}), and kafkaBrokers names another: use a data directory of its own for Kafka`,
    );
  const client = await openKafkaClient(config);
  const setAside = role === 'writer' ? setAsideOn(client, config) : undefined;
  let isWaiting = false;
  const giveUpMs = wallClock.nowMs() + OPEN_MS_MAX;
  for (;;) {
    try {
      return await KafkaLog.open(client, config.kafkaLogTopic, LIMITS.shards, setAside);
    } catch (error) {
      const isAway = (error as Partial<BeckonError>).code === 'LOG_UNAVAILABLE';
      if (!isAway || role === 'command' || wallClock.nowMs() > giveUpMs) {
        await client.close();
        throw error;
      }
      if (!isWaiting) waiting(error as Error);
      isWaiting = true;
      await delay(OPEN_RETRY_MS);
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
