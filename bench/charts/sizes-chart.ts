import type { SizePoint } from '../size-points.ts';
import { svgOf } from './svg.ts';

const WIDTH = 900;
const HEIGHT = 380;
const LEFT = [70, 530];
const PANEL = { top: 70, bottom: 50, width: 330 };

/** Memory a customer, and a start, against the number of customers. */
export const sizesChart = (points: readonly SizePoint[]): string => {
  const line = (name: string, panel: number, of: (point: SizePoint) => number, isBound = false) => ({
    name,
    type: 'line' as const,
    xAxisIndex: panel,
    yAxisIndex: panel,
    symbol: isBound ? 'none' : 'circle',
    symbolSize: 8,
    lineStyle: isBound ? { type: 'dashed' as const, width: 1 } : { width: 2 },
    data: points.map((point) => [point.customers, of(point)]),
  });
  const title = (text: string, panel: number) => ({ text, left: LEFT[panel], top: 5, textStyle: { fontSize: 14 } });
  return svgOf(
    {
      title: [title('Bytes a customer', 0), title('Seconds from start to ready', 1)],
      legend: [
        { data: ['resident', 'counted', 'allowed'], left: LEFT[0], top: 30 },
        { data: ['with a checkpoint', 'empty start and a read', 'allowed '], left: LEFT[1], top: 30 },
      ],
      grid: LEFT.map((left) => ({ left, ...PANEL })),
      xAxis: LEFT.map((_, panel) => ({
        type: 'log' as const,
        gridIndex: panel,
        name: 'customers',
        nameLocation: 'middle' as const,
        nameGap: 28,
        min: points[0].customers,
        max: points[points.length - 1].customers,
      })),
      yAxis: LEFT.map((_, panel) => ({ type: 'value' as const, gridIndex: panel, min: 0 })),
      series: [
        line('resident', 0, ({ residentBytes }) => residentBytes),
        line('counted', 0, ({ countedBytes }) => countedBytes),
        line('allowed', 0, ({ allowedBytes }) => allowedBytes, true),
        line('with a checkpoint', 1, ({ restartSec }) => restartSec),
        line('empty start and a read', 1, ({ restartCeilingSec }) => restartCeilingSec),
        line('allowed ', 1, ({ restartCeilingSec }) => 2 * restartCeilingSec, true),
      ],
    },
    WIDTH,
    HEIGHT,
  );
};
