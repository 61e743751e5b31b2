/**
 * Memory, throughput and latency against the number of customers:
 * `node bench/scale.ts [--sizes 10000,100000,1000000,10000000] [--out DIR]`. Takes minutes; the largest size needs 1.2 KB of
 * memory a customer. Writes `scale.json` and `scale.svg`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Bench, REPORTS } from './bench.ts';
import { machine } from './machine.ts';
import { placement } from './placement.ts';
import { type RowResult, resultOf } from './result.ts';
import type { Row } from './row.ts';
import { openState, type ScaledState, scaledHttp, scaledLoop } from './rows/scale.ts';
import { runRow } from './run-row.ts';
import { type ScalePoint, scaleChart } from './scale-chart.ts';
import { FULL } from './size.ts';
import { tableOf } from './table.ts';

/** Bytes a customer that are allowed beside the words of the row. */
const BYTES_BESIDE_WORDS = 96;
const WORD_BYTES = 4;

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10000,100000,1000000,10000000' },
    out: { type: 'string', default: REPORTS },
  },
});
const [fewest, ...larger] = values.sizes.split(',').map(Number);
const out = resolve(values.out);
const where = placement();
const on = machine();
const bench = new Bench(FULL, where);
const startMs = performance.now();

const say = (line: string): void => {
  process.stderr.write(`${((performance.now() - startMs) / 1000).toFixed(0).padStart(5)} s  ${line}\n`);
};

const run = async (row: Row): Promise<RowResult> => {
  const runs = await runRow(bench, row, (pair) => say(`${row.name} ${pair}/${FULL.pairs}`));
  return resultOf(runs);
};

const memoryOf = ({ customers, opened: { residentBytes, countedBytes, rowWords } }: ScaledState) => ({
  customers,
  countedBytes: countedBytes / customers,
  residentBytes: residentBytes / customers,
  allowedBytes: WORD_BYTES * rowWords + BYTES_BESIDE_WORDS,
});

const points: ScalePoint[] = [];
const results: RowResult[] = [];
try {
  say(`${fewest} customers`);
  const few = await openState(bench, fewest);
  points.push({ ...memoryOf(few), throughput: 1, loop: 1, p99: 1 });
  for (const customers of larger) {
    say(`${customers} customers`);
    const many = await openState(bench, customers);
    say(`${many.opened.events} events applied in ${many.opened.fillSec.toFixed(0)} s`);
    const http = await run(scaledHttp(bench, few, many));
    const loop = await run(scaledLoop(few, many));
    await many.child.stop();
    const { ceiling, product } = http.latencyMs as NonNullable<RowResult['latencyMs']>;
    points.push({ ...memoryOf(many), throughput: http.ratio, loop: loop.ratio, p99: product[1] / ceiling[1] });
    results.push(http, loop);
  }
  await few.child.stop();
} finally {
  await bench.close();
}

const loadAverageAtEnd = Number(loadavg()[0].toFixed(2));
mkdirSync(out, { recursive: true });
const report = { machine: on, loadAverageAtEnd, placement: where.text, points, results };
writeFileSync(join(out, 'scale.json'), `${JSON.stringify(report, undefined, 2)}\n`);
writeFileSync(join(out, 'scale.svg'), scaleChart(points));

const bytes = (value: number): string => value.toFixed(0).padStart(9);
const memoryLines = points.map(
  ({ customers, residentBytes, countedBytes, allowedBytes }) =>
    `${customers.toLocaleString('en-US').padStart(11)}${bytes(residentBytes)}${bytes(countedBytes)}${bytes(allowedBytes)}`,
);
process.stdout.write(`
bytes a customer
  customers resident  counted  allowed
${memoryLines.join('\n')}

${tableOf(results)}

commit ${on.commit} · Node ${on.node} · ${on.cores} × ${on.cpu} · ${on.memoryGb} GB · ${where.text}
load average ${on.loadAverage} at the start, ${loadAverageAtEnd} at the end
`);
