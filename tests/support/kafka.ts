import { randomUUID } from 'node:crypto';

const BROKERS = process.env.KAFKA_TEST_BROKERS ?? '';

/** For `test`: tells why it is left out, where it is. */
export const ON_KAFKA = {
  skip: BROKERS === '' ? 'KAFKA_TEST_BROKERS is not set: no broker to test against' : false,
} as const;

export const testBrokers = (): string[] => BROKERS.split(',');

/** A name that no other test has. */
export const topicName = (about: string): string => `test.${about}.${randomUUID()}`;
