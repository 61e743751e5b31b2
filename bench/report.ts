import type { HotPathProfile } from './hot-paths.ts';
import type { LatencyResult } from './latency.ts';
import type { Machine } from './machine.ts';
import type { RowResult } from './result.ts';
import type { Size } from './size.ts';
import type { SizePoint } from './size-points.ts';
import type { VisibleResult } from './visible.ts';

/** All that a run has come to, and what it was made of. */
export interface Report {
  readonly machine: Machine;
  readonly loadAverageAtEnd: number;
  readonly placement: string;
  readonly durability: string;
  readonly schedule: string;
  readonly payload: string;
  readonly dataSet: string;
  readonly size: Size;
  readonly results: readonly RowResult[];
  /** In an open loop; empty where that was not asked for, as the two below. */
  readonly latency: readonly LatencyResult[];
  /** Undefined where it was not asked for. */
  readonly visible: VisibleResult | undefined;
  /** Memory and restart by the number of customers. */
  readonly sizes: readonly SizePoint[];
  /** Of the four paths that are to be short. */
  readonly profiles: readonly HotPathProfile[];
}

/** What a reader must know before any figure, as pairs of name and value. */
export const circumstancesOf = (report: Report): readonly (readonly [name: string, value: string])[] => {
  const { machine, loadAverageAtEnd, placement, durability, schedule, payload, dataSet } = report;
  return [
    ['commit', machine.commit],
    ['Node', machine.node],
    ['machine', `${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB`],
    ['placement', placement],
    ['schedule', schedule],
    ['payload', payload],
    ['data set', dataSet],
    ['durability', durability],
    ['load average', `${machine.loadAverage} at the start, ${loadAverageAtEnd} at the end`],
    ['started', machine.startedAt],
  ];
};
