import { readFileSync } from 'node:fs';
import { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { KafkaClient, KafkaConnection, SaslMechanism } from '../log/kafka-client.ts';
import { KafkaLog } from '../log/kafka-log.ts';
import { PlatformaticClient } from '../log/platformatic-client.ts';
import { SqliteLog } from '../log/sqlite-log.ts';
import { listOf } from './config.ts';
import type { Config } from './config-schema.ts';

/** Whether the log is a topic of Kafka. */
export const isOnKafka = ({ kafkaBrokers }: Pick<Config, 'kafkaBrokers'>): boolean => kafkaBrokers !== '';

/** @throws BeckonError CONFIG_INVALID where a file cannot be read */
export const openKafkaClient = (config: Config): KafkaClient => new PlatformaticClient(connectionOf(config));

/**
 * The log that the configuration names.
 * @throws BeckonError as `SqliteLog.open` and `KafkaLog.open` do
 */
export const openLog = async (config: Config, logPath: string): Promise<SqliteLog | KafkaLog> => {
  if (!isOnKafka(config)) return SqliteLog.open(logPath);
  const client = openKafkaClient(config);
  try {
    return await KafkaLog.open(client, config.kafkaLogTopic, LIMITS.shards);
  } catch (error) {
    await client.close();
    throw error;
  }
};

const connectionOf = (config: Config): KafkaConnection => ({
  brokers: listOf(config.kafkaBrokers),
  clientId: config.kafkaGroup,
  ...(config.kafkaTls
    ? {
        tls: {
          ca: pem(config.kafkaTlsCaFile),
          cert: pem(config.kafkaTlsCertFile),
          key: pem(config.kafkaTlsKeyFile),
        },
      }
    : {}),
  ...(config.kafkaSaslMechanism === 'none'
    ? {}
    : {
        sasl: {
          mechanism: config.kafkaSaslMechanism as SaslMechanism,
          username: config.kafkaSaslUsername,
          password: config.kafkaSaslPassword,
        },
      }),
});

const pem = (path: string): string | undefined => {
  if (path === '') return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new BeckonError('CONFIG_INVALID', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
};
