import { parseArgs } from 'node:util';
import { startProgress } from '../../src/cli/progress.ts';
import { stopUnderLoad } from '../../tests/grpc/stop-under-load.ts';
import { tempFolder } from '../../tests/support/temp-folder.ts';
import { IO } from '../durability/io.ts';
import { withOwner } from '../durability/owner.ts';

/**
 * SIGTERM after SIGTERM while 28 callers score, one or many, and append over gRPC: no call that was taken may fail, no acknowledged event be
 * lost, and every process ends with 0.
 * `node load-tests/grpc/stops.ts --cycles 100`
 */
const { values } = parseArgs({ options: { cycles: { type: 'string', default: '100' } } });
const cycles = Number(values.cycles);
const failed: string[] = [];
let scores = 0;
let batches = 0;
let appends = 0;
let refused = 0;
const progress = startProgress(IO, 'stops', cycles, 'calls answered');
await withOwner(async (folders) => {
  const dataDir = tempFolder(folders as never);
  for (let cycle = 0; cycle < cycles; cycle++)
    await withOwner(async (owner) => {
      const told = await stopUnderLoad(owner, dataDir, cycle);
      scores += told.scores;
      batches += told.batches;
      appends += told.appends;
      refused += told.refused;
      failed.push(...told.failed.map((why) => `cycle ${cycle}: ${why}`));
      progress.update(cycle + 1, scores + batches + appends);
    });
});
progress.stop();
console.log(
  `${cycles} stops: ${scores} scores, ${batches} batches and ${appends} appends answered, ${refused} refused, ${failed.length} failed`,
);
for (const why of failed) console.log(why);
process.exitCode = failed.length === 0 ? 0 : 1;
