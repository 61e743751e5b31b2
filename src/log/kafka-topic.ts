import { setTimeout as delay } from 'node:timers/promises';
import { BeckonError } from '../base/errors.ts';
import type { KafkaClient, TopicBounds, TopicFacts } from './kafka-client.ts';

/** The topic of a log as it was found. */
export interface LogTopic extends TopicBounds {
  readonly name: string;
  readonly id: string | undefined;
}

/** How a log topic is made: the broker tells the time, and nothing is removed by itself. */
const SETTINGS = {
  'message.timestamp.type': 'LogAppendTime',
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
};

/** A topic that was just made is known to all brokers after some 100 ms. */
const LOOK_MS = 100;
const LOOKS_MAX = 50;

/**
 * Finds the topic of the log, or makes it.
 * @throws BeckonError LOG_TOPIC_REFUSED, LOG_PARTITIONS_CHANGED, LOG_UNAVAILABLE
 */
export const openLogTopic = (client: KafkaClient, topic: string, partitions: number): Promise<LogTopic> =>
  guarded(topic, async () => {
    let facts = await client.topic(topic);
    const isNew = facts === undefined;
    if (isNew) await client.createTopic(topic, partitions, SETTINGS);
    for (let looks = 0; facts === undefined && looks < LOOKS_MAX; looks++) {
      await delay(LOOK_MS);
      facts = await client.topic(topic);
    }
    if (facts === undefined) throw new Error('it was made and is still not known');
    checkLogTopic(topic, facts, partitions);
    for (let looks = 0; ; looks++) {
      try {
        return { ...(await client.bounds(topic)), name: topic, id: facts.id };
      } catch (error) {
        // Its partitions have no leaders at first.
        if (!isNew || looks === LOOKS_MAX) throw error;
        await delay(LOOK_MS);
      }
    }
  });

/** @throws BeckonError LOG_TOPIC_REFUSED, LOG_PARTITIONS_CHANGED */
export const checkLogTopic = (topic: string, facts: TopicFacts, partitions: number): void => {
  if (facts.timestampType !== 'LogAppendTime')
    throw new BeckonError(
      'LOG_TOPIC_REFUSED',
      `The topic ${topic} has message.timestamp.type=${facts.timestampType}: the log needs the broker's own time. ` +
        'Set LogAppendTime while the topic is empty, or name another topic.',
    );
  if (facts.partitions !== partitions)
    throw new BeckonError(
      'LOG_PARTITIONS_CHANGED',
      `The topic ${topic} has ${facts.partitions} partitions, and this service ${partitions} shards: customers would change ` +
        `their places. Name a topic with ${partitions} partitions, or none that exists.`,
      { details: { partitions: facts.partitions, shards: partitions } },
    );
};

/** @throws BeckonError LOG_UNAVAILABLE in the place of whatever the client throws */
export const guarded = async <T>(topic: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof BeckonError) throw cause;
    throw new BeckonError('LOG_UNAVAILABLE', `The topic ${topic} cannot be reached: ${rootOf(cause).message}`, {
      cause,
    });
  }
};

/** A client wraps what has happened into what it was about to do. */
const rootOf = (error: unknown): Error => {
  const { errors, cause } = error as { errors?: readonly unknown[]; cause?: unknown };
  const inner = errors?.at(-1) ?? cause;
  return inner instanceof Error ? rootOf(inner) : (error as Error);
};
