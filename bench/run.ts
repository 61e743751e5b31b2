import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { Bench } from './bench.ts';
import { HOT_PATHS, type HotPathProfile, profileHotPath } from './hot-paths.ts';
import { type LatencyResult, measureLatency } from './latency.ts';
import { machine } from './machine.ts';
import type { BenchOptions } from './options.ts';
import { placement, UNPINNED } from './placement.ts';
import type { Report } from './report.ts';
import { type RowResult, resultOf } from './result.ts';
import type { Row } from './row.ts';
import { grpcRows, ROWS, readingRows, writingRows } from './rows.ts';
import { runRow } from './run-row.ts';
import { FULL, QUICK, type Size } from './size.ts';
import { type SizePoint, sizePoint } from './size-points.ts';
import { measureVisible, type VisibleResult } from './visible.ts';

/** What is measured beside rows. */
const LATENCY = 'latency';
const VISIBLE = 'visible';
const SIZES = 'sizes';
const PROFILES = 'profiles';
export const NAMES: readonly string[] = [...ROWS.map(({ name }) => name), LATENCY, VISIBLE, SIZES, PROFILES];

export interface Ran {
  readonly report: Report;
  /** Why the run ended early; undefined where it did not. */
  readonly failure: unknown;
}

/** Runs what was asked for. @param say is told how far it has come. @param abort ends the run, with what there is so far */
export const run = async (options: BenchOptions, say: (line: string) => void, abort: AbortSignal): Promise<Ran> => {
  const size = sizeOf(options);
  const isWanted = (name: string): boolean => options.only.length === 0 || options.only.includes(name);
  const { url, grpc = '', fill } = options;
  /** A short run leaves them out, and they need services of their own. */
  const isWantedLong = (name: string): boolean =>
    url === undefined && (options.only.includes(name) || (!options.quick && isWanted(name)));
  const where = url === undefined ? placement() : UNPINNED;
  const on = machine();
  const profileFolder = options.profile === undefined ? undefined : resolve(options.profile);
  const deployment = url === undefined ? undefined : { url, grpc, isFilled: fill };
  const bench = new Bench(size, where, { deployment, profileFolder });
  const results: RowResult[] = [];
  let latency: LatencyResult[] = [];
  let visible: VisibleResult | undefined;
  const sizes: SizePoint[] = [];
  const profiles: HotPathProfile[] = [];
  let failure: unknown;
  try {
    const rows = rowsOf(options).filter(({ name }) => isWanted(name));
    say('what rows are made of');
    await Promise.all(rows.map((row) => row.prepare?.(bench)));
    for (const row of rows) {
      if (abort.aborted) break;
      say(row.name);
      results.push(resultOf(await runRow(bench, row, (pair) => say(`${row.name} ${pair}/${size.pairs}`))));
    }
    if (isWanted(LATENCY) && !abort.aborted) latency = await measureLatency(bench, url === undefined || fill, say);
    if (isWanted(VISIBLE) && (url === undefined || fill) && !abort.aborted) {
      say(VISIBLE);
      visible = await measureVisible(bench);
    }
    for (const customers of isWantedLong(SIZES) ? size.drawn : []) {
      if (abort.aborted) break;
      say(`memory and restart, ${customers} customers`);
      sizes.push(await sizePoint(bench, size, customers));
    }
    for (const path of isWantedLong(PROFILES) ? HOT_PATHS : []) {
      if (abort.aborted) break;
      say(`profile of ${path.name}`);
      profiles.push(await profileHotPath(bench, path));
    }
    if (abort.aborted) failure = new Error('interrupted');
  } catch (error) {
    failure = error;
  } finally {
    await bench.close();
  }
  const loadAverageAtEnd = Number(loadavg()[0].toFixed(2));
  const { durability } = bench;
  const circumstances = { machine: on, loadAverageAtEnd, placement: where.text, durability, ...textsOf(options, size) };
  return { report: { ...circumstances, size, results, latency, visible, sizes, profiles }, failure };
};

const sizeOf = ({ quick, customers, sampleSec }: BenchOptions): Size => {
  const size = quick ? QUICK : FULL;
  const sampleMs = sampleSec === undefined ? size.sampleMs : sampleSec * 1000;
  if (customers === undefined) return { ...size, sampleMs, warmUpMs: Math.min(size.warmUpMs, 2 * sampleMs) };
  const orders = Math.ceil((size.orders / size.customers) * customers);
  return { ...size, sampleMs, warmUpMs: Math.min(size.warmUpMs, 2 * sampleMs), customers, orders };
};

/** Of a service that runs already only what its ports show, and nothing is written to it unasked. */
const rowsOf = ({ url, grpc, fill }: BenchOptions): readonly Row[] =>
  url === undefined ? ROWS : [...readingRows, ...(fill ? writingRows : []), ...(grpc === undefined ? [] : grpcRows)];

const textsOf = (
  { url, pack = 'retail' }: BenchOptions,
  { pairs, sampleMs, warmUpMs, customers, orders }: Size,
): Pick<Report, 'schedule' | 'payload' | 'dataSet'> => ({
  schedule: `closed loop; ceiling and product in turns, ${pairs} pairs of ${sampleMs} ms each after ${warmUpMs} ms of warming up`,
  payload: `pack ${pack}; bodies of about 25 bytes a score, 300 an event; sizes of answers beside each row`,
  dataSet:
    url === undefined
      ? `${customers} simulated people and ${orders} orders from fixed seeds, days counted back from today`
      : `customers C0000000 to C${String(customers - 1).padStart(7, '0')} of ${url}`,
});
