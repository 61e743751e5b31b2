import type { Bench } from '../bench.ts';
import type { Child } from '../child.ts';
import type { Opened } from '../children/scoring-loop.ts';
import type { Row } from '../row.ts';
import type { Sample } from '../sample.ts';

const BATCHES = [64, 256] as const;

/** The process of all loops over the orders' state. */
export const openScoringLoops = (bench: Bench): Promise<{ child: Child; opened: Opened }> =>
  bench.sharedChild('scoring-loop.ts', 'orders', async () => ({
    dataDir: await bench.dataDir(),
    customers: bench.size.customers,
    batches: BATCHES,
  }));

export const scoringLoop = (batch: (typeof BATCHES)[number]): Row => ({
  name: `scoring-loop-${batch}`,
  product: `features and heads, in process, batch ${batch}`,
  ceiling: 'ONNX Runtime alone on prepared rows',
  unit: 'customers',
  bar: { kind: 'ratio', pass: 0.7, excellent: 3 },
  isPromised: false,
  async open(bench) {
    const { child, opened } = await openScoringLoops(bench);
    const { heads, features } = opened;
    const { customers } = bench.size;
    return {
      notes: [`${heads} head(s), ${features} features, ${customers} customers in random order`, 'bits compared'],
      ceiling: (durationMs) => child.ask<Sample>('ceiling', { batch, durationMs }),
      product: (durationMs) => child.ask<Sample>('product', { batch, durationMs }),
      close: async () => {},
    };
  },
});
