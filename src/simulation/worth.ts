import { draw } from './draws.ts';
import { holdPolicy } from './hold-policy.ts';
import { manualRules } from './manual-rules.ts';
import { oracle } from './oracle.ts';
import type { Policy } from './policy.ts';
import { randomPolicy } from './random-policy.ts';
import { type SimulationPlan, simulate, TOGETHER } from './simulate.ts';

/** Those every policy is measured against. */
const RIVALS: Readonly<Record<string, () => Policy>> = {
  hold: holdPolicy,
  random: randomPolicy,
  rules: manualRules,
  oracle,
};

/** Value per 1,000 customers, net of cost and of the price of irritation, by policy. */
export type SeedValues = Readonly<Record<string, number>>;

const PER_CUSTOMERS = 1000;

/** What a run was worth, per 1,000 customers. */
export const valuePer1000 = ({ value }: { readonly value: number }, customers: number): number =>
  (value / customers) * PER_CUSTOMERS;

/**
 * Lives a seed once with each rival: the same people, the same luck.
 * @param known policies whose value on this seed is known already
 */
export const rivalValues = async (
  plan: Pick<SimulationPlan, 'market' | 'customers' | 'days' | 'seed' | 'onProgress'>,
  known: SeedValues = {},
): Promise<SeedValues> => {
  const values: Record<string, number> = { ...known };
  for (const [name, make] of Object.entries(RIVALS)) {
    if (values[name] !== undefined) continue;
    const { ledger } = await simulate({ ...plan, policy: make(), together: TOGETHER });
    values[name] = valuePer1000(ledger, plan.customers);
  }
  return values;
};

/** A policy over some seeds. */
export interface Worth {
  readonly policy: string;
  /** Mean value per 1,000 customers, and half the width of its 95 % interval over seeds. */
  readonly value: number;
  readonly valueError: number;
  /** (policy − random) / (oracle − random) of the means, with a 95 % interval. */
  readonly worth: number;
  readonly low: number;
  readonly high: number;
  /** Seeds on which it earned more than the rules. */
  readonly aboveRules: number;
}

const RESAMPLES = 2000;

/** @param seeds values of the same policies on each seed */
export const worthOf = (seeds: readonly SeedValues[]): Worth[] => {
  const policies = Object.keys(seeds[0]);
  const mean = (of: (seed: SeedValues) => number, chosen: readonly SeedValues[] = seeds): number =>
    chosen.reduce((sum, seed) => sum + of(seed), 0) / chosen.length;
  const ratio = (policy: string, chosen: readonly SeedValues[]): number => {
    const random = mean((seed) => seed.random, chosen);
    return (mean((seed) => seed[policy], chosen) - random) / (mean((seed) => seed.oracle, chosen) - random);
  };
  return policies.map((policy) => {
    const value = mean((seed) => seed[policy]);
    const spread = mean((seed) => (seed[policy] - value) ** 2) * (seeds.length / Math.max(1, seeds.length - 1));
    const resampled = Array.from({ length: RESAMPLES }, (_, i) =>
      ratio(
        policy,
        seeds.map((_, j) => seeds[Math.floor(draw(i, j, seeds.length) * seeds.length)]),
      ),
    ).sort((a, b) => a - b);
    return {
      policy,
      value,
      valueError: seeds.length < 2 ? Number.NaN : (tOf(seeds.length - 1) * Math.sqrt(spread)) / Math.sqrt(seeds.length),
      worth: ratio(policy, seeds),
      low: seeds.length < 2 ? Number.NaN : resampled[Math.floor(RESAMPLES * 0.025)],
      high: seeds.length < 2 ? Number.NaN : resampled[Math.floor(RESAMPLES * 0.975)],
      aboveRules: seeds.filter((seed) => seed[policy] > seed.rules).length,
    };
  });
};

/** The 97.5 % quantile of Student's distribution, to two digits from 3 degrees of freedom on. */
const tOf = (freedom: number): number => {
  const exact = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23];
  return exact[freedom - 1] ?? 1.96 + 2.5 / freedom;
};

/** The table of some seeds. */
export const worthTable = (seeds: readonly SeedValues[]): string => {
  const rows = worthOf(seeds).map(({ policy, value, valueError, worth, low, high, aboveRules }) => [
    policy,
    value.toFixed(0),
    Number.isNaN(valueError) ? '' : `± ${valueError.toFixed(0)}`,
    `${(100 * worth).toFixed(1)} %`,
    Number.isNaN(low) ? '' : `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %`,
    policy === 'rules' ? '' : `${aboveRules} of ${seeds.length}`,
  ]);
  const head = ['policy', 'value', '', 'worth', seeds.length < 2 ? '' : '95 %', 'above rules'];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (row: readonly string[]): string =>
    `${row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd()}\n`;
  return [head, ...rows].map(line).join('');
};
