/**
 * The long form of the broker test: `node load-tests/kafka/broker-kills.ts --libs FOLDER [--kills 10]`. Exits with 1 where a
 * promise is broken.
 */
import { parseArgs } from 'node:util';
import { startProgress } from '../../src/cli/progress.ts';
import { brokerKills } from '../../tests/kafka/broker-kills.ts';
import { IO } from '../durability/io.ts';
import { withOwner } from '../durability/owner.ts';
import { printTable } from '../durability/table.ts';

const { values } = parseArgs({ options: { libs: { type: 'string' }, kills: { type: 'string', default: '10' } } });
if (values.libs === undefined) throw new Error("--libs names the folder of Kafka's jars");
const { libs } = values;
const kills = Number(values.kills);

const progress = startProgress(IO, 'kill -9 of the broker', kills, 'acknowledged');
try {
  const report = await withOwner((owner) =>
    brokerKills(owner, libs, kills, (done, acknowledged) => progress.update(done, acknowledged)),
  );
  progress.stop();
  printTable([
    ['kills', report.kills],
    ['events acknowledged', report.acknowledged],
    ['different events', report.distinct],
    ['records in the log', report.records],
    ['ms until all goes on, at most', Math.round(report.backMsMax)],
    ['MiB more than before', Math.round(report.rssGrowthBytes / 2 ** 20)],
  ]);
  console.log('Nothing acknowledged was lost, nothing was applied twice.');
} finally {
  progress.stop();
}
