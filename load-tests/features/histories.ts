/**
 * The long form of the property tests of features: `node load-tests/features/histories.ts [--histories 10000] [--seed N]
 * [--only WORDS]`. Exits with 1 at the first history for which one does not hold, and prints it as small as it can be.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { startProgress } from '../../src/cli/progress.ts';
import { ERASED_LOGS } from '../../tests/erasure/erased-logs.ts';
import { AS_THE_TWIN } from '../../tests/features/properties/as-the-twin.ts';
import { LINKED_PEOPLE } from '../../tests/features/properties/linked-people.ts';
import { MERGED_ROWS } from '../../tests/features/properties/merged-rows.ts';
import { IO } from '../durability/io.ts';
import { printTable } from '../durability/table.ts';

/** Histories between two looks at the progress, each with a seed of its own that follows from the first. */
const PER_ROUND = 100;

// Every history has shared memories of its own, and each that is still around makes the next one slower to grow.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    only: { type: 'string', default: '' },
  },
});
const histories = Number(values.histories);
const seed = Number(values.seed);
const properties = [...AS_THE_TWIN, ...MERGED_ROWS, ...LINKED_PEOPLE, ...ERASED_LOGS].filter(({ name }) =>
  name.includes(values.only),
);

console.log(`seed ${seed}`);
const rows: [string, number][] = [];
for (const { name, property } of properties) {
  console.log(name);
  const startMs = performance.now();
  const progress = startProgress(IO, 'histories', histories, 'tried');
  try {
    for (let done = 0; done < histories; done += PER_ROUND) {
      await fc.assert(property, { numRuns: Math.min(PER_ROUND, histories - done), seed: (seed + done) | 0 });
      collect();
      progress.update(done + PER_ROUND, done + PER_ROUND);
    }
  } finally {
    progress.stop();
  }
  rows.push([`${name}, seconds`, Math.round((performance.now() - startMs) / 1000)]);
}
printTable([...rows, ['histories of each', histories]]);
console.log('Every property held for every history.');
