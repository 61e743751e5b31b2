import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeOrders } from '../orders.ts';
import { replayFile } from '../replay-file.ts';
import type { Row } from '../row.ts';
import type { Sample } from '../sample.ts';

const SEED = 19;
/** As many as the state of the other rows is made of take a third of their time to make rows and to compile the code. */
const TIMES = 3;

export const replay: Row = {
  name: 'replay',
  product: 'beckon replay of orders, one JSON a line',
  ceiling: 'JSON.parse alone over the same lines',
  unit: 'events',
  bar: { kind: 'perCpuSec', pass: 200_000 },
  isPromised: true,
  async open(bench) {
    const { serverCore } = bench.placement;
    const { customers } = bench.size;
    const count = bench.size.orders * TIMES;
    const orders = join(bench.folder, 'replayed.ndjson');
    writeOrders(orders, count, customers, SEED);
    const dataDir = join(bench.folder, 'replayed');
    const replayed = async (path: string) => {
      rmSync(dataDir, { recursive: true, force: true });
      return replayFile(path, dataDir, serverCore);
    };
    const empty = join(bench.folder, 'empty.ndjson');
    writeFileSync(empty, '');
    const start = await replayed(empty);
    const parser = bench.measuredChild('parse-loop.ts');
    await parser.ask('openLines', orders);
    return {
      isProductCold: true,
      notes: [
        `${count} orders of ${customers} customers into an empty data directory, whatever the time of a run`,
        `less the ${start.cpuSec.toFixed(2)} CPU seconds of a replay of nothing`,
      ],
      ceiling: (durationMs) => parser.ask<Sample>('parse', durationMs),
      async product() {
        const { accepted, wallSec, cpuSec } = await replayed(orders);
        const missing = count - accepted;
        return {
          work: accepted,
          wallSec: wallSec - start.wallSec,
          cpuSec: cpuSec - start.cpuSec,
          checked: accepted,
          wrong: missing === 0 ? [] : [`${missing} orders were not accepted`],
          wrongCount: missing,
        };
      },
      close: () => parser.stop(),
    };
  },
};
