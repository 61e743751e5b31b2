/** `npm run bench`: every row against its ceiling, in one run. */
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { Bench, REPORTS } from './bench.ts';
import { machine } from './machine.ts';
import { readOptions, USAGE } from './options.ts';
import { placement } from './placement.ts';
import { profileSummary } from './profile.ts';
import { type RowResult, resultOf } from './result.ts';
import { ROWS } from './rows.ts';
import { runRow } from './run-row.ts';
import { FULL, QUICK } from './size.ts';
import { tableOf } from './table.ts';

const options = readOptions(
  process.argv.slice(2),
  ROWS.map(({ name }) => name),
);
if (options === undefined) {
  process.stdout.write(USAGE);
  process.exit(0);
}

const rows = options.only.length === 0 ? ROWS : ROWS.filter(({ name }) => options.only.includes(name));
const size = options.quick ? QUICK : FULL;
const where = placement();
const on = machine();
const profileFolder = options.profile === undefined ? undefined : resolve(options.profile);
const bench = new Bench(size, where, profileFolder);
const startMs = performance.now();
const seconds = (): string => `${((performance.now() - startMs) / 1000).toFixed(0)} s`;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Interrupted, it still takes its folder and its processes away. */
let isInterrupted = false;
process.once('SIGINT', () => {
  isInterrupted = true;
});

const results: RowResult[] = [];
let failure: unknown;
try {
  for (const row of rows) {
    if (isInterrupted) break;
    say(`${seconds().padStart(5)}  ${row.name}`);
    const runs = await runRow(bench, row, (pair) => say(`${seconds().padStart(5)}  ${row.name} ${pair}/${size.pairs}`));
    results.push(resultOf(runs));
  }
} catch (error) {
  failure = error;
} finally {
  await bench.close();
}

const loadAverageAtEnd = Number(loadavg()[0].toFixed(2));
const { durability } = bench;
const report = { machine: on, loadAverageAtEnd, placement: where.text, durability, size, results };
const json = `${JSON.stringify(report, undefined, 2)}\n`;
for (const path of [join(REPORTS, 'latest.json'), ...(options.json === undefined ? [] : [resolve(options.json)])])
  writeFileSync(path, json);

const cpu = `${on.cores} × ${on.cpu}`;
process.stdout.write(`
${tableOf(results)}

ratios are medians of ${size.pairs} pairs, ceiling and product in turns; the smaller of the two is held against the bar
commit ${on.commit} · Node ${on.node} · ${cpu} · ${on.memoryGb} GB · ${where.text}
load average ${on.loadAverage} at the start, ${loadAverageAtEnd} at the end · ${durability} · ${seconds()}
`);
if (profileFolder !== undefined) process.stdout.write(`\n${profileSummary(profileFolder)}\n`);

const farShort = results.filter(({ isFarShort }) => isFarShort);
if (failure !== undefined) say(`\nFAILED: ${(failure as Error).message}`);
else if (options.gate && farShort.length > 0)
  say(`\nFAILED: below a third of the bar: ${farShort.map(({ name }) => name).join(', ')}`);
process.exitCode = failure !== undefined || isInterrupted || (options.gate && farShort.length > 0) ? 1 : 0;
