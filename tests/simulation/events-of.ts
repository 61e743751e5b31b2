import { loggingPolicy } from '../../src/simulation/logging-policy.ts';
import { loadMarket } from '../../src/simulation/market.ts';
import type { MarketFile } from '../../src/simulation/market-schema.ts';
import type { Policy } from '../../src/simulation/policy.ts';
import { simulate, TOGETHER } from '../../src/simulation/simulate.ts';

interface Run {
  readonly market?: string | MarketFile;
  readonly customers?: number;
  readonly days?: number;
  readonly seed?: number;
  readonly policy?: Policy;
  readonly together?: number;
}

/** The lines of a run. */
export const eventsOf = async (run: Run = {}): Promise<string[]> => {
  const lines: string[] = [];
  const { market = 'plain', customers = 200, days = 30, seed = 7, policy = loggingPolicy(), together = TOGETHER } = run;
  await simulate({
    market: typeof market === 'string' ? loadMarket(market) : market,
    customers,
    days,
    seed,
    policy,
    together,
    sink: { take: (line) => lines.push(line), endDay: () => undefined },
  });
  return lines;
};
