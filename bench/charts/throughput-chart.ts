import type { RowResult } from '../result.ts';
import { svgOf } from './svg.ts';

const WIDTH = 900;
const ROW_HEIGHT = 34;
const MARGIN = 110;

/** Each row as a part of its ceiling: the median as a bar, single pairs as dots, what must be reached as a mark. */
export const throughputChart = (results: readonly RowResult[]): string => {
  // echarts draws categories upwards.
  const rows = results.toReversed();
  const pairsOf = ({ ratioByCpu, ratioByWall, runs: { ceilings, products } }: RowResult): number[] =>
    products.map((product, i) => {
      const time = ratioByCpu < ratioByWall ? 'cpuSec' : 'wallSec';
      return product.work / product[time] / (ceilings[i].work / ceilings[i][time]);
    });
  return svgOf(
    {
      legend: { top: 5 },
      grid: { left: 170, right: 60, top: 45, bottom: 50 },
      xAxis: { type: 'value', name: 'part of the ceiling', nameLocation: 'middle', nameGap: 28, min: 0 },
      yAxis: { type: 'category', data: rows.map(({ name }) => name) },
      series: [
        {
          name: 'median',
          type: 'bar',
          barWidth: 16,
          label: { show: true, position: 'insideLeft', formatter: '{c}' },
          data: rows.map(({ ratio }) => Number(ratio.toFixed(2))),
        },
        {
          name: 'single pairs',
          type: 'scatter',
          symbolSize: 5,
          itemStyle: { color: '#333' },
          data: rows.flatMap((row) => pairsOf(row).map((ratio) => [ratio, row.name])),
        },
        {
          name: 'must be reached',
          type: 'scatter',
          symbol: 'rect',
          symbolSize: [3, 24],
          itemStyle: { color: '#c00' },
          data: rows.flatMap(({ name, bar }) => (bar.kind === 'ratio' ? [[bar.pass, name]] : [])),
        },
      ],
    },
    WIDTH,
    MARGIN + ROW_HEIGHT * rows.length,
  );
};
