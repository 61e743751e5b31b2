import { fileURLToPath } from 'node:url';
import { Child } from '../../bench/child.ts';
import { type ThreadTimes, waitedSecOf } from '../../bench/cpu-time.ts';
import type { LaneLoad, OpenLoad } from './client.ts';
import type { LaneResult } from './open-loop.ts';
import { at, type LatencyCurve, PERCENTILES } from './percentiles.ts';

/** One of those that are compared: what is sent where, and what runs on the server's core meanwhile. */
export interface Side {
  readonly name: string;
  /** The first lane is the one whose latency is compared. */
  readonly lanes: readonly LaneLoad[];
  beside?(durationMs: number): Promise<unknown>;
  /** Of the process that answers. */
  threads(): ThreadTimes;
}

/** A side, with its first lane of each run. */
export interface SideResult {
  readonly name: string;
  readonly ratePerSec: number;
  readonly runs: readonly LaneResult[];
  /** Median over the runs that are not void, at each percentile; of all runs where all are. */
  readonly latency: LatencyCurve;
  readonly latePart: number;
  readonly isVoid: boolean;
  readonly wrongCount: number;
  readonly wrong: readonly string[];
  /** Sum of the other lanes: requests a second that were answered. */
  readonly besidePerSec: number;
  /** Part of the time for which the busiest thread that answers was ready to run and did not; median of the runs, NaN where nobody says. */
  readonly waitPart: number;
}

export interface SidesAsked {
  readonly sides: readonly Side[];
  readonly pairs: number;
  readonly durationMs: number;
  readonly warmUpMs: number;
  readonly clientCore: number | undefined;
  readonly onProgress?: (doneMs: number, answered: number) => void;
}

const SEED = 41;
const PROGRESS_MS = 1000;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Runs the sides in turns, each after a warm-up, so that a disturbance of the machine meets all of them. */
export const runSides = async (asked: SidesAsked): Promise<SideResult[]> => {
  const { sides, pairs, durationMs, warmUpMs, clientCore, onProgress } = asked;
  const client = new Child(fileURLToPath(new URL('client.ts', import.meta.url)), clientCore);
  let doneMs = 0;
  let answered = 0;
  /** Of the run that is under way. */
  let startMs = 0;
  let runMs = 0;
  const timer = setInterval(async () => {
    const underWay = await client.ask<number>('progress', undefined).catch(() => 0);
    onProgress?.(doneMs + Math.min(performance.now() - startMs, runMs), answered + underWay);
  }, PROGRESS_MS);
  const runOnce = async ({ lanes, beside }: Side, ms: number, seed: number): Promise<LaneResult[]> => {
    startMs = performance.now();
    runMs = ms;
    const load: OpenLoad = { lanes, durationMs: ms, seed };
    const [results] = await Promise.all([client.ask<LaneResult[]>('run', load), beside?.(ms)]);
    runMs = 0;
    doneMs += ms;
    answered += results.reduce((sum, lane) => sum + lane.answered, 0);
    return results;
  };
  const runs: LaneResult[][][] = sides.map(() => []);
  const waits: number[][] = sides.map(() => []);
  try {
    for (const side of sides) await runOnce(side, warmUpMs, SEED);
    for (let pair = 0; pair < pairs; pair++)
      for (const [i, side] of sides.entries()) {
        const before = side.threads();
        runs[i].push(await runOnce(side, durationMs, SEED + pair + 1));
        waits[i].push((waitedSecOf(before, side.threads()) * 1000) / durationMs);
      }
  } finally {
    clearInterval(timer);
    await client.stop();
  }
  return sides.map((side, i) => resultOf(side, runs[i], waits[i]));
};

/** What the runs of a side have come to, each given by its lanes, and by the part of it that was waited for a core. */
export const resultOf = ({ name, lanes }: Side, all: readonly LaneResult[][], waits: readonly number[]): SideResult => {
  const runs = all.map(([first]) => first);
  const valid = runs.filter(({ isVoid }) => !isVoid);
  const counted = valid.length > 0 ? valid : runs;
  const every = all.flat();
  return {
    name,
    ratePerSec: lanes[0].ratePerSec,
    runs,
    latency: PERCENTILES.map((_, i) => median(counted.map(({ latency }) => latency[i]))),
    latePart: runs.reduce((sum, { late }) => sum + late, 0) / runs.reduce((sum, { planned }) => sum + planned, 0),
    isVoid: valid.length === 0,
    wrongCount: every.reduce((sum, { wrongCount }) => sum + wrongCount, 0),
    wrong: every.flatMap(({ wrong }) => wrong).slice(0, 5),
    besidePerSec: median(all.map(([, ...others]) => others.reduce((sum, { perSec }) => sum + perSec, 0))),
    waitPart: median(waits),
  };
};

/**
 * How many times as long a side takes as the one beside it, at a percentile: the median of the pairs in which neither is void.
 * @returns NaN where there is no such pair
 */
export const ratioAt = (side: SideResult, to: SideResult, percentile: (typeof PERCENTILES)[number]): number => {
  const ratios = side.runs.flatMap((run, i) =>
    run.isVoid || to.runs[i].isVoid ? [] : [at(run.latency, percentile) / at(to.runs[i].latency, percentile)],
  );
  return ratios.length === 0 ? Number.NaN : median(ratios);
};
