import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { mixedEvents } from '../durability/mixed-events.ts';
import { stateOf } from '../durability/state-check.ts';
import { ON_KAFKA, topicName } from '../support/kafka.ts';
import { type Service, startService } from '../support/service.ts';

const onTopic = (t: TestContext, topic: string, env: Record<string, string> = {}): Promise<Service> =>
  startService(t, {
    env: { KAFKA_BROKERS: process.env.KAFKA_TEST_BROKERS as string, KAFKA_LOG_TOPIC: topic, ...env },
  });

const post = async ({ http }: Service, events: readonly unknown[]) => {
  const headers = { 'content-type': 'application/cloudevents-batch+json' };
  const body = JSON.stringify(events);
  const response = await fetch(`http://${http}/v1/events`, { method: 'POST', headers, body });
  assert.equal(response.status, 202, await response.clone().text());
  return (await response.json()) as { accepted: number; duplicates: number };
};

test(
  'events are acknowledged from Kafka, seen at once, known when sent again, and there after a start',
  ON_KAFKA,
  async (t) => {
    const topic = topicName('service');
    const first = await onTopic(t, topic);
    const events = mixedEvents(0, 1000);
    const distinct = new Set(events.map(({ id }) => id)).size;
    let accepted = 0;
    for (let from = 0; from < events.length; from += 250)
      accepted += (await post(first, events.slice(from, from + 250))).accepted;
    assert.equal(accepted, distinct, 'each once, also where one request holds it twice');
    assert.deepEqual(await post(first, events.slice(0, 100)), { accepted: 0, duplicates: 100, rejected: [] });
    assert.equal((await stateOf(first)).eventsApplied, distinct);
    const { features } = (await (await fetch(`http://${first.http}/v1/customers/m0`)).json()) as {
      features: Record<string, number>;
    };
    assert.ok(features.orders > 0);
    const erased = await fetch(`http://${first.http}/v1/customers/m1`, { method: 'DELETE' });
    assert.deepEqual(await erased.json(), { erased: true, untilRetention: topic });
    assert.equal((await fetch(`http://${first.http}/v1/customers/m1`)).status, 404);
    const state = await stateOf(first);
    assert.equal(await first.stop(), 0);
    const second = await onTopic(t, topic);
    assert.deepEqual(await stateOf(second), state);
    assert.equal(await second.kill9(), 'SIGKILL');
    // The data directory of the others is not needed: the topic holds all.
    const third = await onTopic(t, topic, { KAFKA_CLIENT: 'kafkajs' });
    assert.deepEqual(await stateOf(third), state);
    assert.deepEqual(await post(third, mixedEvents(1000, 1010)), { accepted: 9, duplicates: 1, rejected: [] });
  },
);
