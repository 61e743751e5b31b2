import { PERCENTILES } from '../../load-tests/open-loop/percentiles.ts';
import type { SideResult } from '../../load-tests/open-loop/sides.ts';
import { svgOf } from './svg.ts';

const WIDTH = 900;
const HEIGHT = 400;

/** ms at each percentile, a line a side; both axes stretched towards the tail. */
export const latencyChart = (sides: readonly SideResult[]): string =>
  svgOf(
    {
      legend: { top: 5 },
      grid: { left: 70, right: 30, top: 45, bottom: 50 },
      xAxis: {
        type: 'category',
        name: 'percentile',
        nameLocation: 'middle',
        nameGap: 28,
        data: PERCENTILES.map((percentile) => (percentile === 100 ? 'max' : `p${percentile}`)),
      },
      yAxis: { type: 'log', name: 'ms', min: 0.01 },
      series: sides.map(({ name, latency, isVoid }) => ({
        name: isVoid ? `${name} (void)` : name,
        type: 'line' as const,
        symbolSize: 6,
        data: latency.map((ms) => Math.max(ms, 0.01)),
      })),
    },
    WIDTH,
    HEIGHT,
  );
