/** The long form of the kill -9 test: `node load-tests/durability/kill.ts [--cycles 200]`. Exits with 1 where a promise is broken. */
import { parseArgs } from 'node:util';
import { startProgress } from '../../src/cli/progress.ts';
import { killCycles } from '../../tests/durability/kill-cycles.ts';
import { IO } from './io.ts';
import { withOwner } from './owner.ts';
import { printTable } from './table.ts';

const { values } = parseArgs({ options: { cycles: { type: 'string', default: '200' } } });
const cycles = Number(values.cycles);

const startMs = performance.now();
const progress = startProgress(IO, 'kill -9', cycles, 'acknowledged');
try {
  const report = await withOwner((owner) =>
    killCycles(owner, cycles, (done, acknowledged) => progress.update(done, acknowledged)),
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
