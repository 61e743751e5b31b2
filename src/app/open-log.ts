import { existsSync, readFileSync } from 'node:fs';
import { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { EventLog } from '../log/event-log.ts';
import type { KafkaClient, KafkaConnection, SaslMechanism } from '../log/kafka-client.ts';
import { KafkaLog } from '../log/kafka-log.ts';
import { SqliteLog } from '../log/sqlite-log.ts';
import { listOf } from './config.ts';
import type { Config } from './config-schema.ts';

/** Brokers that start together with the service need some 10 s; each try takes seconds itself. */
const OPEN_TRIES_MAX = 10;

/** Whether the log is a topic of Kafka. */
export const isOnKafka = ({ kafkaBrokers }: Pick<Config, 'kafkaBrokers'>): boolean => kafkaBrokers !== '';

/**
 * Loads the library only where it is used: most services have an embedded log.
 * @throws BeckonError CONFIG_INVALID where a file cannot be read
 */
const openKafkaClient = async (config: Config): Promise<KafkaClient> => {
  const { PlatformaticClient } = await import('../log/platformatic-client.ts');
  return new PlatformaticClient(connectionOf(config));
};

/**
 * The log that the configuration names.
 * @throws BeckonError as `SqliteLog.open` and `KafkaLog.open` do
 */
export const openLog = async (config: Config, logPath: string): Promise<SqliteLog | KafkaLog> => {
  if (!isOnKafka(config)) return SqliteLog.open(logPath);
  if (existsSync(logPath))
    throw new BeckonError(
      'CONFIG_INVALID',
      `dataDir holds an embedded log (${logPath}), and kafkaBrokers names another: use a data directory of its own for Kafka`,
    );
  const client = await openKafkaClient(config);
  for (let tries = 1; ; tries++) {
    try {
      return await KafkaLog.open(client, config.kafkaLogTopic, LIMITS.shards);
    } catch (error) {
      const isAway = (error as Partial<BeckonError>).code === 'LOG_UNAVAILABLE';
      if (isAway && tries < OPEN_TRIES_MAX) continue;
      await client.close();
      throw error;
    }
  }
};

/** Records that a log holds, as far as offsets tell. */
export const endOf = (log: EventLog): number => log.ends().reduce((sum, end) => sum + end, 0);

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
