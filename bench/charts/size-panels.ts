import { svgOf } from './svg.ts';

const WIDTH = 900;
const HEIGHT = 420;
const PANEL = { top: 70, bottom: 50, width: 340 };
const LEFT = [70, 520];

/** A line of a panel; a bound is dashed, and the legend leaves it out unless it is named there. */
export interface SizeLine<Point> {
  readonly name: string;
  readonly of: (point: Point) => number;
  readonly isBound?: boolean;
}

export interface SizePanel<Point> {
  readonly title: string;
  readonly legend: string[];
  readonly lines: readonly SizeLine<Point>[];
}

/** Two panels side by side, each with lines against the number of customers, as SVG. Names are of one line each. */
export const sizePanels = <Point extends { readonly customers: number }>(
  points: readonly Point[],
  panels: readonly [SizePanel<Point>, SizePanel<Point>],
): string =>
  svgOf(
    {
      title: panels.map(({ title }, panel) => ({
        text: title,
        left: LEFT[panel],
        top: 5,
        textStyle: { fontSize: 14 },
      })),
      legend: panels.map(({ legend }, panel) => ({ data: legend, left: LEFT[panel], top: 30 })),
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
      series: panels.flatMap(({ lines }, panel) =>
        lines.map(({ name, of, isBound = false }) => ({
          name,
          type: 'line' as const,
          xAxisIndex: panel,
          yAxisIndex: panel,
          symbol: isBound ? 'none' : 'circle',
          symbolSize: 8,
          lineStyle: isBound ? { type: 'dashed' as const, width: 1 } : { width: 2 },
          data: points.map((point) => [point.customers, of(point)]),
        })),
      ),
    },
    WIDTH,
    HEIGHT,
  );
