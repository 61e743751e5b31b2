import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from '../row.ts';
import type { Sample } from '../sample.ts';
import { Service } from '../service.ts';

/** Where a service keeps which models it has proven. */
const PROOFS_FILE = 'proven-bundles.json';

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
    const emptyDir = (): string => {
      const path = join(bench.folder, `empty-${empties++}`);
      mkdirSync(path);
      return path;
    };
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
    // Models that this machine knows are not proven again: on neither side.
    const known = emptyDir();
    await started(known);
    const knowing = (path: string): string => {
      cpSync(join(known, PROOFS_FILE), join(path, PROOFS_FILE));
      return path;
    };
    knowing(dataDir);
    const { bytes } = await read();
    return {
      isProductCold: true,
      isCeilingCold: true,
      notes: [
        `${bench.size.customers} customers, ${bytes} bytes`,
        'files in the cache of the system, models proven before',
      ],
      async ceiling() {
        const boot = await started(knowing(emptyDir()));
        const { wallSec, cpuSec } = await read();
        return { ...boot, wallSec: boot.wallSec + wallSec, cpuSec: boot.cpuSec + cpuSec };
      },
      product: () => started(dataDir),
      close: async () => {},
    };
  },
};
