/** Starts of states of other sizes than the bench's: `node bench/restart.ts [--customers 1000000]`. */
import { parseArgs } from 'node:util';
import { Bench } from './bench.ts';
import { placement } from './placement.ts';
import { resultOf } from './result.ts';
import { restart } from './rows/restart.ts';
import { runRow } from './run-row.ts';
import { FULL } from './size.ts';
import { tableOf } from './table.ts';

const { values } = parseArgs({ options: { customers: { type: 'string', default: '1000000' } } });
const customers = Number(values.customers);
const bench = new Bench({ ...FULL, customers, orders: customers }, placement());
try {
  const runs = await runRow(bench, restart, (pair) => void process.stderr.write(`pair ${pair}/${FULL.pairs}\n`));
  for (const [i, ceiling] of runs.ceilings.entries())
    console.log(`${ceiling.wallSec.toFixed(2)} s ceiling, ${runs.products[i].wallSec.toFixed(2)} s start`);
  console.log(tableOf([resultOf(runs)]));
} finally {
  await bench.close();
}
