import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killCycles } from '../durability/kill-cycles.ts';
import { KAFKA_LIBS, ON_KAFKA, testBrokers, topicName, WITH_OWN_BROKER } from '../support/kafka.ts';
import { brokerKills, logOn } from './broker-kills.ts';

test(
  'kill -9 of Beckon with its log on Kafka: nothing acknowledged is lost, nothing is applied twice',
  ON_KAFKA,
  async (t) => {
    const topic = topicName('kills');
    const env = { KAFKA_BROKERS: testBrokers().join(), KAFKA_LOG_TOPIC: topic };
    const report = await killCycles(t, 3, undefined, { env, openLog: logOn(testBrokers(), topic) });
    t.diagnostic(JSON.stringify(report));
    assert.ok(report.acknowledged > 100, `${report.acknowledged} acknowledged: too few to say anything`);
  },
);

test(
  'kill -9 of the broker under load: reads go on, events are refused, and all goes on by itself',
  WITH_OWN_BROKER,
  async (t) => {
    t.diagnostic(JSON.stringify(await brokerKills(t, KAFKA_LIBS, 1)));
  },
);
