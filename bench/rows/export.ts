import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Bench } from '../bench.ts';
import { todayMs, writeOrders } from '../orders.ts';
import { replayFile } from '../replay-file.ts';
import type { Row } from '../row.ts';
import { type Ran, runCommand } from '../run-command.ts';
import type { Sample } from '../sample.ts';

const DAY_MS = 86_400_000;
/** Half of the orders are older. */
const MOMENT_DAYS = 100;
const LINE_FEED = 10;
const SEED = 17;
/** Compiling the code is a tenth of an export of as many as the state of the other rows is made of. */
const TIMES = 3;
/** The other rows' customers have two or three: they would mostly measure how rows are written. */
const ORDERS_PER_CUSTOMER = 8;

export const exportRows: Row = {
  name: 'export',
  product: 'beckon export of a log of orders to CSV: features and labels of every customer at one moment',
  ceiling: 'JSON.parse alone over the same orders',
  unit: 'events',
  bar: { kind: 'perCpuSec', pass: 200_000 },
  isPromised: false,
  prepare: (bench) => logOf(bench),
  async open(bench) {
    const { serverCore } = bench.placement;
    const { orders, file, dataDir } = await logOf(bench);
    const out = join(bench.folder, 'rows.csv');
    const at = new Date(todayMs() - MOMENT_DAYS * DAY_MS).toISOString();
    const exported = (from: string): Promise<Ran> =>
      runCommand(['export', '--data-dir', from, '--at', at, '--out', out], serverCore);
    const nothing = join(bench.folder, 'nothing');
    await replayFile('/dev/null', nothing, serverCore);
    const start = await exported(nothing);
    await exported(dataDir);
    const rows = (await linesOf(out)) - 1;
    const columns = (await headOf(out)).split(',').length;
    const parser = bench.measuredChild('parse-loop.ts');
    await parser.ask('openLines', file);
    return {
      isProductCold: true,
      notes: [
        `${orders} orders, ${rows} rows of ${columns} columns, whatever the time of a run`,
        `less the ${start.cpuSec.toFixed(2)} CPU seconds of an export of nothing`,
      ],
      ceiling: (durationMs) => parser.ask<Sample>('parse', durationMs),
      async product() {
        const { wallSec, cpuSec } = await exported(dataDir);
        const missing = rows - ((await linesOf(out)) - 1);
        return {
          work: orders,
          wallSec: wallSec - start.wallSec,
          cpuSec: cpuSec - start.cpuSec,
          checked: rows,
          wrong: missing === 0 ? [] : [`${missing} rows are missing`],
          wrongCount: Math.abs(missing),
        };
      },
      close: () => parser.stop(),
    };
  },
};

interface Log {
  readonly orders: number;
  readonly file: string;
  readonly dataDir: string;
}

/** The log that is exported, and the file that it was made of. */
const logOf = (bench: Bench): Promise<Log> =>
  bench.once('exported', async () => {
    const orders = bench.size.orders * TIMES;
    const file = join(bench.folder, 'exported.ndjson');
    writeOrders(file, orders, orders / ORDERS_PER_CUSTOMER, SEED);
    const dataDir = join(bench.folder, 'exported');
    await replayFile(file, dataDir, undefined);
    return { orders, file, dataDir };
  });

const headOf = async (path: string): Promise<string> => {
  for await (const line of createInterface(createReadStream(path))) return line;
  return '';
};

const linesOf = async (path: string): Promise<number> => {
  let lines = 0;
  for await (const piece of createReadStream(path)) for (const byte of piece as Buffer) if (byte === LINE_FEED) lines++;
  return lines;
};
