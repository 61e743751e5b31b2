import { readFileSync } from 'node:fs';
import { BeckonError } from '../base/errors.ts';
import type { KafkaClient, KafkaConnection, SaslMechanism } from '../log/kafka-client.ts';
import { listOf } from './config.ts';
import type { Config } from './config-schema.ts';

/** Whether the log is a topic of Kafka. */
export const isOnKafka = ({ kafkaBrokers }: Pick<Config, 'kafkaBrokers'>): boolean => kafkaBrokers !== '';

/**
 * Loads the library only where it is used: most services have an embedded log.
 * @throws BeckonError CONFIG_INVALID where a file cannot be read
 */
export const openKafkaClient = async (config: Config): Promise<KafkaClient> => {
  const connection = connectionOf(config);
  if (config.kafkaClient === 'kafkajs') {
    const { KafkajsClient } = await import('../log/kafkajs-client.ts');
    return new KafkajsClient(connection);
  }
  const { PlatformaticClient } = await import('../log/platformatic-client.ts');
  return new PlatformaticClient(connection);
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
