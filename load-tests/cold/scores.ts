/**
 * The long form of the test of a bound on rows: `node load-tests/cold/scores.ts [--customers 3000000] [--rows 1000000]
 * [--events 4500000]`. Two states get the same events, one has a bound; everybody is scored from both. Needs 5 GiB of memory
 * as it stands, and 0.5 GiB of disk. Exits with 1 at the first difference.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startProgress } from '../../src/cli/progress.ts';
import { compareStates } from '../../tests/cold/compared-states.ts';
import { tempFolder } from '../../tests/support/temp-folder.ts';
import { IO } from '../durability/io.ts';
import { withOwner } from '../durability/owner.ts';
import { printTable } from '../durability/table.ts';

const { values } = parseArgs({
  options: {
    customers: { type: 'string', default: '3000000' },
    rows: { type: 'string', default: '1000000' },
    events: { type: 'string', default: '4500000' },
  },
});
const customers = Number(values.customers);
const rowsMax = Number(values.rows);
const events = Number(values.events);

const startMs = performance.now();
const progress = startProgress(IO, 'two states', events + customers, 'events and scores');
try {
  const report = await withOwner((owner) => {
    const coldPath = join(tempFolder(owner), 'cold.db');
    return compareStates({
      customers,
      rowsMax,
      events,
      coldPath,
      onProgress: (done) => progress.update(done, done),
    });
  });
  progress.stop();
  const MiB = 2 ** 20;
  printTable([
    ['customers asked about', report.scores],
    ['rows in memory', report.residents],
    ['rows on disk', report.coldCustomers],
    ['rows that went to disk', report.evictions],
    ['ns of CPU an event without a bound', Math.round(report.free.applyUs * 1000)],
    ['ns of CPU an event with it', Math.round(report.bounded.applyUs * 1000)],
    ['ns of CPU a score without a bound', Math.round(report.free.scoreUs * 1000)],
    ['ns of CPU a score with it', Math.round(report.bounded.scoreUs * 1000)],
    ['MiB of rows and index without a bound', Math.round(report.free.memoryBytes / MiB)],
    ['MiB of rows and index with it', Math.round(report.bounded.memoryBytes / MiB)],
    ['MiB on disk', Math.round(report.coldBytes / MiB)],
    ['seconds', Math.round((performance.now() - startMs) / 1000)],
  ]);
  console.log(`Every score was the same, and both states have the hash ${report.stateHash}.`);
} finally {
  progress.stop();
}
