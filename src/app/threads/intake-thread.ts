import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { wallClock } from '../../base/clock.ts';
import { LIMITS, setLimits } from '../../base/limits.ts';
import { DeadLetterTopic } from '../../log/dead-letter-topic.ts';
import { Intake } from '../../log/intake.ts';
import { TopicProducer } from '../../log/topic-producer.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { listOf } from '../config.ts';
import type { Config } from '../config-schema.ts';
import { openKafkaClient } from '../kafka.ts';
import { Link } from './link.ts';

/** Takes what others write to topics of their own into the log. */
export interface IntakeThreadData {
  readonly config: Config;
}

const { config } = workerData as IntakeThreadData;
setLimits(config.limits);
const logger = createLogger({ level: config.logLevel, thread: 'intake' });
const metrics = createMetrics('intake');
const client = await openKafkaClient(config);
const producer = new TopicProducer(client, config.kafkaLogTopic);
const letters = new DeadLetterTopic(client, config.kafkaDeadLetterTopic);
const intake = new Intake({
  partitions: LIMITS.shards,
  append: (records) => producer.send(records),
  setAside: (messages) => letters.write(messages),
  clock: wallClock,
});
let isAway = false;

const following = client.join({
  topics: listOf(config.kafkaSourceTopics),
  group: config.kafkaGroup,
  take: (topic, partition, records) => intake.take(topic, partition, records),
  reached(trouble) {
    if ((trouble !== undefined) === isAway) return;
    isAway = trouble !== undefined;
    if (trouble === undefined) logger.info({}, 'the source topics are read again');
    else logger.warn({ err: trouble.message }, 'the source topics cannot be read; it is tried again');
  },
});

new Link(parentPort as MessagePort, {
  metrics: () => metrics.part(),
  async stop() {
    await following.close();
    producer.close();
    await client.close();
    metrics.close();
    logger.flush();
  },
});
