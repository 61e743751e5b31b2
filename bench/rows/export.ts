import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { todayMs } from '../orders.ts';
import { replayFile } from '../replay-file.ts';
import type { Row } from '../row.ts';
import { type Ran, runCommand } from '../run-command.ts';
import type { Sample } from '../sample.ts';

const DAY_MS = 86_400_000;
/** Half of the orders are older. */
const MOMENT_DAYS = 100;
const LINE_FEED = 10;

export const exportRows: Row = {
  name: 'export',
  product: 'beckon export of a log of orders to CSV: features and labels of every customer at one moment',
  ceiling: 'JSON.parse alone over the same orders',
  unit: 'events',
  bar: { kind: 'perCpuSec', pass: 200_000 },
  isPromised: false,
  async open(bench) {
    const { serverCore } = bench.placement;
    const dataDir = await bench.dataDir();
    const out = join(bench.folder, 'rows.csv');
    const at = new Date(todayMs() - MOMENT_DAYS * DAY_MS).toISOString();
    const exported = (from: string): Promise<Ran> =>
      runCommand(['export', '--data-dir', from, '--at', at, '--out', out], serverCore);
    const nothing = join(bench.folder, 'nothing');
    await replayFile('/dev/null', nothing, serverCore);
    const start = await exported(nothing);
    await exported(dataDir);
    const rows = (await linesOf(out)) - 1;
    const parser = bench.measuredChild('parse-loop.ts');
    await parser.ask('openLines', await bench.ordersFile());
    return {
      isProductCold: true,
      notes: [
        `${bench.size.orders} orders, ${rows} rows, whatever the time of a run`,
        `less the ${start.cpuSec.toFixed(2)} CPU seconds of an export of nothing`,
      ],
      ceiling: (durationMs) => parser.ask<Sample>('parse', durationMs),
      async product() {
        const { wallSec, cpuSec } = await exported(dataDir);
        const missing = rows - ((await linesOf(out)) - 1);
        return {
          work: bench.size.orders,
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

const linesOf = async (path: string): Promise<number> => {
  let lines = 0;
  for await (const piece of createReadStream(path)) for (const byte of piece as Buffer) if (byte === LINE_FEED) lines++;
  return lines;
};
