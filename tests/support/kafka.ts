import { randomUUID } from 'node:crypto';

const BROKERS = process.env.KAFKA_TEST_BROKERS ?? '';
/** Folder of Kafka's jars, for tests that kill a broker of their own. */
export const KAFKA_LIBS = process.env.KAFKA_TEST_LIBS ?? '';

const unless = (value: string, name: string, what: string) =>
  ({ skip: value === '' ? `${name} is not set: no ${what} to test against` : false }) as const;

/** For `test`: tells why it is left out, where it is. */
export const ON_KAFKA = unless(BROKERS, 'KAFKA_TEST_BROKERS', 'broker');
export const WITH_OWN_BROKER = unless(KAFKA_LIBS, 'KAFKA_TEST_LIBS', 'broker that may be killed');

export const testBrokers = (): string[] => BROKERS.split(',');

/** A name that no other test has. */
export const topicName = (about: string): string => `test.${about}.${randomUUID()}`;
