import { type Plan, runPlan } from '../load-tests/open-loop/plan.ts';
import type { SideResult } from '../load-tests/open-loop/sides.ts';
import type { Bench } from './bench.ts';

/** Latencies of an open loop. */
export interface LatencyResult {
  readonly name: string;
  readonly sides: readonly SideResult[];
}

const HALF: Plan = { protocol: 'http', schedule: 'poisson', keys: 'each', ratePerSec: undefined, load: 0.5, ingest: 0 };

/** What is measured of latency, by name. */
const PLANS: Readonly<Record<string, Plan>> = {
  'scores over HTTP at half of their maximum, Poisson': HALF,
  'scores over gRPC at half of their maximum, Poisson': { ...HALF, protocol: 'grpc' },
  'scores at a quarter of their maximum while events come in at a quarter of theirs': {
    ...HALF,
    load: 0.25,
    ingest: 0.25,
  },
};
const PAIRS_MAX = 3;

/** @param isWriting whether events may be posted */
export const measureLatency = async (
  bench: Bench,
  isWriting: boolean,
  say: (name: string) => void,
): Promise<LatencyResult[]> => {
  const { pairs, sampleMs, warmUpMs } = bench.size;
  const results: LatencyResult[] = [];
  const { grpc } = await bench.service();
  for (const [name, plan] of Object.entries(PLANS)) {
    if (plan.ingest > 0 && !isWriting) continue;
    // Of somebody's own deployment it may not be known.
    if (plan.protocol === 'grpc' && grpc === '') continue;
    say(name);
    const timing = { pairs: Math.min(pairs, PAIRS_MAX), durationMs: sampleMs, warmUpMs };
    const sides = await runPlan(bench, plan, timing);
    const wrong = sides.find(({ wrongCount }) => wrongCount > 0);
    if (wrong !== undefined) throw new Error(`${name}: ${wrong.wrongCount} wrong answers: ${wrong.wrong.join('; ')}`);
    results.push({ name, sides });
  }
  return results;
};
