import { readFileSync } from 'node:fs';
import type { RowResult } from './result.ts';
import type { SizePoint } from './size-points.ts';

/** A ratio that is not to become worse, whatever it is of; greater is better. */
interface Held {
  readonly name: string;
  readonly ratio: number;
  readonly range: readonly [number, number];
}

/** A run as far as it is compared. */
interface Run {
  readonly results: readonly Pick<RowResult, 'name' | 'ratio' | 'ratioRange'>[];
  readonly sizes?: readonly Pick<SizePoint, 'customers' | 'allowedBytes' | 'residentBytes'>[];
}

interface Comparison {
  /** A line a ratio. */
  readonly text: string;
  /** In words, one for each ratio that is worse by more than is allowed. */
  readonly regressions: readonly string[];
}

const FALL_MAX = 0.1;

/** Latency is not among them: its ratios move by more than a tenth from run to run on a machine that others use. */
const heldOf = ({ results, sizes = [] }: Run): Held[] => [
  ...results.map(({ name, ratio, ratioRange }) => ({ name, ratio, range: ratioRange })),
  ...sizes.map(({ customers, allowedBytes, residentBytes }): Held => {
    const ratio = allowedBytes / residentBytes;
    return { name: `memory of ${customers} customers`, ratio, range: [ratio, ratio] };
  }),
];

/** Ratios of a run against those of an earlier one, as far as both have them. */
export const compare = (now: Run, before: Run): Comparison => {
  const earlier = new Map(heldOf(before).map((held) => [held.name, held]));
  const lines: string[] = [];
  const regressions: string[] = [];
  for (const held of heldOf(now)) {
    const { name, ratio, range } = held;
    const old = earlier.get(name);
    if (old === undefined) {
      lines.push(`${name}: ${ratio.toFixed(2)}, not in the baseline`);
      continue;
    }
    const percent = (ratio / old.ratio - 1) * 100;
    const line = `${name}: ${ratio.toFixed(2)} against ${old.ratio.toFixed(2)}, ${percent > 0 ? '+' : ''}${percent.toFixed(0)} %`;
    lines.push(line);
    if (ratio >= old.ratio * (1 - FALL_MAX)) continue;
    const isApart = range[1] < old.range[0];
    regressions.push(`${line}; single pairs of the two runs ${isApart ? 'do not overlap' : 'overlap: run it again'}`);
  }
  return { text: lines.join('\n'), regressions };
};

/** @throws Error where a file holds no figures of a run */
export const readBaseline = (path: string): Run => {
  const report = JSON.parse(readFileSync(path, 'utf8')) as Partial<Run>;
  if (!Array.isArray(report.results)) throw new Error(`${path} holds no figures of a run of the benchmark`);
  return { results: report.results, sizes: report.sizes };
};
