import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from '../row.ts';
import type { Sample } from '../sample.ts';
import { Service } from '../service.ts';

interface Read {
  readonly bytes: number;
  readonly wallSec: number;
  readonly cpuSec: number;
}

/** A start is asked for at most twice the time of its ceiling. */
export const restart: Row = {
  name: 'restart',
  product: 'beckon start on a data directory with a checkpoint, to ready',
  ceiling: 'a start on an empty data directory and a read of the files of the checkpoint into new memory',
  unit: 'starts',
  bar: { kind: 'ratio', pass: 0.5, excellent: 0.67 },
  isPromised: false,
  async open(bench) {
    const { serverCore } = bench.placement;
    const dataDir = await bench.dataDir();
    const checkpoints = join(dataDir, 'checkpoints');
    const [newest] = readdirSync(checkpoints).sort((a, b) => Number(b) - Number(a));
    let empties = 0;
    const read = async (): Promise<Read> => {
      // A process of its own, so that its memory is new each time.
      const reader = bench.measuredChild('read-files.ts');
      const done = await reader.ask<Read>('read', join(checkpoints, newest));
      await reader.stop();
      return done;
    };
    const started = async (path: string): Promise<Sample> => {
      const startMs = performance.now();
      const service = await Service.start(path, serverCore);
      const wallSec = (performance.now() - startMs) / 1000;
      const cpuSec = service.cpuSec();
      await service.stop();
      return { work: 1, wallSec, cpuSec, checked: 0, wrong: [], wrongCount: 0 };
    };
    const { bytes } = await read();
    return {
      isProductCold: true,
      notes: [`${bench.size.customers} customers, ${bytes} bytes`, 'files in the cache of the system'],
      async ceiling() {
        const empty = join(bench.folder, `empty-${empties++}`);
        mkdirSync(empty);
        const boot = await started(empty);
        const { wallSec, cpuSec } = await read();
        return { ...boot, wallSec: boot.wallSec + wallSec, cpuSec: boot.cpuSec + cpuSec };
      },
      product: () => started(dataDir),
      close: async () => {},
    };
  },
};
