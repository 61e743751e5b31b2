/**
 * Latency of scores in an open loop, beside a canned control in the same minutes: `node load-tests/open-loop/run.ts`, with
 * `--help` for what else it takes. Exits with 1 where an answer was wrong, every run was void, or p99 is more than 4 times the
 * control's (3 times that without events, with --ingest).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Bench } from '../../bench/bench.ts';
import { machine } from '../../bench/machine.ts';
import { placement, UNPINNED } from '../../bench/placement.ts';
import { FULL } from '../../bench/size.ts';
import type { Keys } from '../../bench/traffic/customers.ts';
import { startProgress } from '../../src/cli/progress.ts';
import { IO } from '../durability/io.ts';
import { type Plan, runPlan } from './plan.ts';
import { SCHEDULES, type Schedule } from './schedule.ts';
import { latencyProblems, latencyTable } from './side-table.ts';

const USAGE = `node load-tests/open-loop/run.ts [options]

  --protocol http|grpc            http without it
  --schedule fixed|poisson|burst  poisson without it; burst: a second in ten has 6.5 times the rate of the others
  --keys each|zipf                each customer once before any again, or hot ones; each without it
  --load PART                     of what the service reaches in a closed loop; 0.5 without it
  --rate N                        scores a second instead of that
  --ingest PART                   events come in too, at this part of their own maximum, 100 a body; 0 without it
  --customers N                   200000 without it
  --seconds S                     of a single run; 10 without it
  --pairs N                       how often each side is run; 3 without it
  --url URL, --grpc HOST:PORT     a service that runs already, and knows the customers C0000000 to C and N - 1
  --fill                          give it these customers first
  --json FILE                     write the figures there
`;

const choose = <T extends string>(name: string, text: string, from: readonly T[]): T => {
  if (!(from as readonly string[]).includes(text))
    throw new Error(`--${name} must be ${from.join(' or ')}, not ${text}`);
  return text as T;
};
const number = (name: string, text: string): number => {
  if (!(Number(text) >= 0)) throw new Error(`--${name} must be a number, not ${text}`);
  return Number(text);
};

const { values } = parseArgs({
  options: {
    protocol: { type: 'string', default: 'http' },
    schedule: { type: 'string', default: 'poisson' },
    keys: { type: 'string', default: 'each' },
    load: { type: 'string', default: '0.5' },
    rate: { type: 'string' },
    ingest: { type: 'string', default: '0' },
    customers: { type: 'string', default: '200000' },
    seconds: { type: 'string', default: '10' },
    pairs: { type: 'string', default: '3' },
    url: { type: 'string' },
    grpc: { type: 'string', default: '' },
    fill: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}

const plan: Plan = {
  protocol: choose('protocol', values.protocol, ['http', 'grpc']),
  schedule: choose<Schedule>('schedule', values.schedule, SCHEDULES),
  keys: choose<Keys>('keys', values.keys, ['each', 'zipf']),
  ratePerSec: values.rate === undefined ? undefined : number('rate', values.rate),
  load: number('load', values.load),
  ingest: number('ingest', values.ingest),
};
const customers = number('customers', values.customers);
const pairs = number('pairs', values.pairs);
const durationMs = number('seconds', values.seconds) * 1000;
const { url, grpc, fill } = values;

const on = machine();
const deployment = url === undefined ? undefined : { url, grpc, isFilled: fill };
const where = deployment === undefined ? placement() : UNPINNED;
const bench = new Bench({ ...FULL, customers, orders: customers }, where, { deployment });
const sides = plan.ingest > 0 ? 3 : 2;
const warmUpMs = Math.min(3000, durationMs);
const totalMs = sides * (warmUpMs + pairs * durationMs);
const progress = startProgress(IO, 'open loop', totalMs, 'answers');
try {
  process.stderr.write(`${customers} customers are made ready\n`);
  await bench.service();
  const onProgress = (doneMs: number, answered: number): void => progress.update(doneMs, answered);
  const results = await runPlan(bench, plan, { pairs, durationMs, warmUpMs, onProgress });
  progress.stop();
  const { durability } = bench;
  const report = { machine: on, placement: where.text, durability, customers, durationMs, plan, results };
  if (values.json !== undefined) {
    mkdirSync(dirname(resolve(values.json)), { recursive: true });
    writeFileSync(resolve(values.json), `${JSON.stringify(report, undefined, 2)}\n`);
  }
  process.stdout.write(`
${latencyTable(results)}

${plan.protocol}, ${plan.schedule} schedule, keys ${plan.keys}, ${customers} customers, ${pairs} runs of ${durationMs} ms a side in turns
commit ${on.commit} · Node ${on.node} · ${on.cores} × ${on.cpu} · ${where.text} · load average ${on.loadAverage} at the start
durability: ${durability}
`);
  const problems = latencyProblems(results);
  for (const problem of problems) process.stderr.write(`\nFAILED: ${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
} finally {
  progress.stop();
  await bench.close();
}
