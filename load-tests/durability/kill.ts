/**
 * The long form of the kill -9 test: `node load-tests/durability/kill.ts [--cycles 200] [--load-ms 400] [--brokers HOST:PORT]`,
 * each cycle under load for at most so long, with brokers on a topic of its own. Exits with 1 where a promise is broken.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startProgress } from '../../src/cli/progress.ts';
import { killCycles, type LogPlace } from '../../tests/durability/kill-cycles.ts';
import { logOn } from '../../tests/kafka/broker-kills.ts';
import { IO } from './io.ts';
import { withOwner } from './owner.ts';
import { printTable } from './table.ts';

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '200' },
    'load-ms': { type: 'string', default: '400' },
    brokers: { type: 'string' },
  },
});
const cycles = Number(values.cycles);

const onKafka = (brokers: string): LogPlace => {
  const topic = `kills.${randomUUID()}`;
  const env = { KAFKA_BROKERS: brokers, KAFKA_LOG_TOPIC: topic };
  return { env, openLog: logOn(brokers.split(','), topic) };
};

const where = {
  ...(values.brokers === undefined ? {} : onKafka(values.brokers)),
  loadedMsMax: Number(values['load-ms']),
};
const startMs = performance.now();
const progress = startProgress(IO, 'kill -9', cycles, 'acknowledged');
try {
  const report = await withOwner((owner) =>
    killCycles(owner, cycles, (done, acknowledged) => progress.update(done, acknowledged), where),
  );
  progress.stop();
  printTable([
    ['kills under load', report.cycles],
    ['kills while starting', report.killedStarts],
    ['events acknowledged', report.acknowledged],
    ['different events', report.distinct],
    ['records in the log', report.records],
    ['seconds', Math.round((performance.now() - startMs) / 1000)],
  ]);
  console.log('Nothing acknowledged was lost, nothing was applied twice.');
} finally {
  progress.stop();
}
