/** `npm run bench`: every row against its ceiling, in one run. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { latencyTable } from '../load-tests/open-loop/side-table.ts';
import { REPORTS } from './bench.ts';
import { compare, readBaseline } from './compare.ts';
import { readOptions, USAGE } from './options.ts';
import { profileText, threadProfiles } from './profile.ts';
import { circumstancesOf } from './report.ts';
import { reportPage } from './report-page.ts';
import { NAMES, run } from './run.ts';
import { tableOf } from './table.ts';
import { visibleText } from './visible.ts';

const asked = (): ReturnType<typeof readOptions> => {
  try {
    return readOptions(process.argv.slice(2), NAMES);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nnpm run bench -- --help tells what there is\n`);
    process.exit(2);
  }
};
const options = asked();
if (options === undefined) {
  process.stdout.write(USAGE);
  process.exit(0);
}
// Before anything is measured: a mistake in its name would show only at the end.
const baseline = options.compare === undefined ? undefined : readBaseline(options.compare);
// Services, commands and loops in process read it from there.
if (options.pack !== undefined)
  process.env.BECKON_PACK = existsSync(options.pack) ? resolve(options.pack) : options.pack;

const startMs = performance.now();
const seconds = (): string => `${((performance.now() - startMs) / 1000).toFixed(0)} s`;
const say = (line: string): void => {
  process.stderr.write(`${seconds().padStart(5)}  ${line}\n`);
};

/** Interrupted, it still takes its folder and its processes away. */
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());

const { report, failure } = await run(options, say, interrupted.signal);
const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};
const files = { json: `${JSON.stringify(report, undefined, 2)}\n`, html: reportPage(report) };
const pathOf = (kind: 'json' | 'html'): string => resolve(options[kind] ?? join(REPORTS, `latest.${kind}`));
for (const kind of ['json', 'html'] as const) write(pathOf(kind), files[kind]);

const latencies = report.latency
  .map(({ name, sides }) => `\n${name}, open loop, ms\n${latencyTable(sides)}\n`)
  .join('');
process.stdout.write(`
${tableOf(report.results)}
${latencies}${report.visible === undefined ? '' : `\n${visibleText(report.visible)}\n`}
ratios are medians of ${report.size.pairs} pairs, ceiling and product in turns; the smaller of the two is held against the bar
${circumstancesOf(report)
  .map(([name, value]) => `${name}: ${value}`)
  .join('\n')}
${seconds()} · pictures in ${pathOf('html')}
`);
if (options.profile !== undefined)
  process.stdout.write(`\n${threadProfiles(options.profile).map(profileText).join('\n\n')}\n`);

const farShort = options.gate ? report.results.filter(({ isFarShort }) => isFarShort) : [];
const compared = baseline === undefined ? undefined : compare(report, baseline);
if (compared !== undefined) process.stdout.write(`\nagainst ${options.compare}\n${compared.text}\n`);
const failures = [
  ...(failure === undefined ? [] : [(failure as Error).message]),
  ...farShort.map(({ name }) => `${name} is below a third of its bar`),
  ...(compared?.regressions ?? []),
];
for (const text of failures) process.stderr.write(`\nFAILED: ${text}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
