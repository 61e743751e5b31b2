/**
 * The long form of the fault tests: `node load-tests/durability/faults.ts [--from 1] [--until 100]` makes the n-th write and the n-th
 * sync of the write-ahead log fail, for each n of these. Needs strace. Exits with 1 where a promise is broken.
 */
import { parseArgs } from 'node:util';
import { startProgress } from '../../src/cli/progress.ts';
import { type FaultReport, runFault } from '../../tests/durability/faults.ts';
import { noStrace } from '../../tests/durability/strace.ts';
import { IO } from './io.ts';
import { withOwner } from './owner.ts';
import { printTable } from './table.ts';

const { values } = parseArgs({
  options: { from: { type: 'string', default: '1' }, until: { type: 'string', default: '100' } },
});
const from = Number(values.from);
const until = Number(values.until);
if (noStrace !== false) throw new Error(noStrace);

const startMs = performance.now();
const reports: FaultReport[] = [];
const progress = startProgress(IO, 'faults', 2 * (until - from + 1), 'faults');
try {
  for (let nth = from; nth <= until; nth++)
    for (const [call, error] of [
      ['pwrite64', 'ENOSPC'],
      ['fsync', 'EIO'],
    ] as const) {
      const fault = { call, error, nth, file: 'log.db-wal' } as const;
      try {
        reports.push(await withOwner((owner) => runFault(owner, fault)));
      } catch (cause) {
        throw new Error(`${error} at ${call} ${nth}`, { cause });
      }
      progress.update(reports.length, reports.length);
    }
} finally {
  progress.stop();
}

const greatest = (of: (report: FaultReport) => number): number => Math.ceil(Math.max(...reports.map(of)));
printTable([
  ['faults that fired', reports.length],
  ['of them while starting', reports.filter(({ hit }) => hit === 'start').length],
  ['events acknowledged', reports.reduce((sum, { acknowledged }) => sum + acknowledged, 0)],
  ['ms until not ready, at most', greatest(({ notReadyMs }) => notReadyMs)],
  ['ms until ended, at most', greatest(({ endedMs }) => endedMs)],
  ['seconds', Math.round((performance.now() - startMs) / 1000)],
]);
console.log('Nothing acknowledged was lost, nothing was acknowledged after a failure.');
