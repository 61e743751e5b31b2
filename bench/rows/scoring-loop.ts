import type { Opened } from '../children/scoring-loop.ts';
import type { Row } from '../row.ts';
import type { Sample } from '../sample.ts';

export const scoringLoop = (batch: number): Row => ({
  name: `scoring-loop-${batch}`,
  product: `features and heads, in process, batch ${batch}`,
  ceiling: 'ONNX Runtime alone on prepared rows',
  unit: 'customers',
  bar: { kind: 'ratio', pass: 0.7, excellent: 3 },
  isPromised: false,
  async open(bench) {
    const loop = bench.measuredChild('scoring-loop.ts');
    const { customers } = bench.size;
    const { heads, features } = await loop.ask<Opened>('open', { dataDir: await bench.dataDir(), customers, batch });
    return {
      notes: [`${heads} head(s), ${features} features, ${customers} customers in random order`, 'bits compared'],
      ceiling: (durationMs) => loop.ask<Sample>('ceiling', durationMs),
      product: (durationMs) => loop.ask<Sample>('product', durationMs),
      close: () => loop.stop(),
    };
  },
});
