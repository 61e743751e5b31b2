import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { mixedEvents } from '../durability/mixed-events.ts';
import { stateOf } from '../durability/state-check.ts';
import { KAFKA_LIBS, topicName, WITH_OWN_BROKER } from '../support/kafka.ts';
import { KafkaBroker } from '../support/kafka-broker.ts';
import { type Service, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { guardedListener } from './guarded.ts';

const WAYS = [
  { KAFKA_CLIENT: 'platformatic', KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256' },
  { KAFKA_CLIENT: 'kafkajs', KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512' },
  { KAFKA_CLIENT: 'platformatic', KAFKA_SASL_MECHANISM: 'PLAIN' },
  { KAFKA_CLIENT: 'kafkajs', KAFKA_SASL_MECHANISM: 'PLAIN' },
];
const EVENTS = 50;

const post = async ({ http }: Service, from: number): Promise<void> => {
  const headers = { 'content-type': 'application/cloudevents-batch+json' };
  const body = JSON.stringify(mixedEvents(from, from + EVENTS));
  const response = await fetch(`http://${http}/v1/events`, { method: 'POST', headers, body });
  assert.equal(response.status, 202, await response.text());
};

test('brokers behind TLS and SASL keep the log, by each client and mechanism', WITH_OWN_BROKER, async (t) => {
  const folder = tempFolder(t);
  const { listener, env } = await guardedListener(folder);
  await KafkaBroker.start(t, KAFKA_LIBS, join(folder, 'kafka'), listener);
  const topic = { KAFKA_LOG_TOPIC: topicName('guarded'), KAFKA_DECISIONS_TOPIC: '' };
  let before: unknown;
  for (const [i, way] of WAYS.entries()) {
    const service = await startService(t, { env: { ...env, ...topic, ...way } });
    if (before !== undefined) assert.deepEqual(await stateOf(service), before, JSON.stringify(way));
    await post(service, i * EVENTS);
    before = await stateOf(service);
    assert.equal(await service.stop(), 0);
  }
});
