import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from '../row.ts';
import { type Ran, runCommand } from '../run-command.ts';
import type { Sample } from '../sample.ts';

export const simulate: Row = {
  name: 'simulate',
  product: 'beckon simulate of the plain market to a file, 90 days by the logging policy',
  ceiling: 'JSON.parse alone over the same events',
  unit: 'events',
  bar: { kind: 'perCpuSec', pass: 200_000 },
  isPromised: false,
  async open(bench) {
    const { serverCore } = bench.placement;
    const people = bench.size.simulated;
    const out = join(bench.folder, 'market.jsonl');
    const simulated = (customers: number, days: number): Promise<Ran> =>
      runCommand(['simulate', '--customers', `${customers}`, '--days', `${days}`, '--out', out], serverCore);
    const start = await simulated(1, 1);
    await simulated(people, 90);
    const expected = hashOf(out);
    const parser = bench.measuredChild('parse-loop.ts');
    await parser.ask('openLines', out);
    return {
      isProductCold: true,
      notes: [
        `${people} customers, whatever the time of a run`,
        `less the ${start.cpuSec.toFixed(2)} CPU seconds of a market of one customer and one day`,
      ],
      ceiling: (durationMs) => parser.ask<Sample>('parse', durationMs),
      async product() {
        const { wallSec, cpuSec } = await simulated(people, 90);
        const found = hashOf(out);
        const isWrong = found.hash !== expected.hash;
        return {
          work: found.lines,
          wallSec: wallSec - start.wallSec,
          cpuSec: cpuSec - start.cpuSec,
          checked: found.lines,
          wrong: isWrong ? ['the same seed gave other bytes'] : [],
          wrongCount: Number(isWrong),
        };
      },
      close: () => parser.stop(),
    };
  },
};

const hashOf = (path: string): { readonly hash: string; readonly lines: number } => {
  const bytes = readFileSync(path);
  let lines = 0;
  for (const byte of bytes) if (byte === 10) lines++;
  return { hash: createHash('sha256').update(bytes).digest('hex'), lines };
};
