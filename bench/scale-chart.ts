import { sizePanels } from './charts/size-panels.ts';

/** What one size has come to; the last three as parts of what the smallest size gave. */
export interface ScalePoint {
  readonly customers: number;
  /** Bytes a customer, as the process has grown and as the service counts them. */
  readonly residentBytes: number;
  readonly countedBytes: number;
  readonly allowedBytes: number;
  readonly throughput: number;
  readonly loop: number;
  readonly p99: number;
}

const THROUGHPUT_PASS = 0.9;
const P99_PASS = 1.2;

/** Memory a customer, and speed, against the number of customers, as SVG. */
export const scaleChart = (points: readonly ScalePoint[]): string =>
  sizePanels(points, [
    {
      title: 'Bytes a customer',
      legend: ['resident', 'counted', 'allowed'],
      lines: [
        { name: 'resident', of: ({ residentBytes }) => residentBytes },
        { name: 'counted', of: ({ countedBytes }) => countedBytes },
        { name: 'allowed', of: ({ allowedBytes }) => allowedBytes, isBound: true },
      ],
    },
    {
      title: `Against ${points[0].customers.toLocaleString('en-US')} customers`,
      legend: ['scores by HTTP', 'scores in process', 'p99 by HTTP'],
      lines: [
        { name: 'scores by HTTP', of: ({ throughput }) => throughput },
        { name: 'scores in process', of: ({ loop }) => loop },
        { name: 'p99 by HTTP', of: ({ p99 }) => p99 },
        { name: 'at least, throughput', of: () => THROUGHPUT_PASS, isBound: true },
        { name: 'at most, p99', of: () => P99_PASS, isBound: true },
      ],
    },
  ]);
