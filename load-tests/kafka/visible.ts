/**
 * How soon an acknowledged event shows in a score with the log on Kafka: `node load-tests/kafka/visible.ts --brokers HOST:PORT
 * [--seconds 20]`. Exits with 1 where the p99 is above 20 ms. With the embedded log it is a part of `npm run bench`.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { measureVisible, visibleText } from '../../bench/visible.ts';
import { startService } from '../../tests/support/service.ts';
import { withOwner } from '../durability/owner.ts';
import { at } from '../open-loop/percentiles.ts';

const { values } = parseArgs({
  options: { brokers: { type: 'string' }, seconds: { type: 'string', default: '20' } },
});
if (values.brokers === undefined) throw new Error('--brokers names the brokers');
const { brokers, seconds } = values;
const P99_MS_MAX = 20;

await withOwner(async (owner) => {
  const env = { KAFKA_BROKERS: brokers, KAFKA_LOG_TOPIC: `visible.${randomUUID()}`, KAFKA_DECISIONS_TOPIC: '' };
  const { http } = await startService(owner, { env });
  const size = { sampleMs: Number(seconds) * 1000 };
  const result = await measureVisible({ service: async () => ({ url: `http://${http}` }), size });
  console.log(visibleText(result));
  if (at(result.latency, 99) > P99_MS_MAX) process.exitCode = 1;
});
