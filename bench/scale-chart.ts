import * as echarts from 'echarts';

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

const WIDTH = 900;
const HEIGHT = 420;
const PANEL = { top: 70, bottom: 50, width: 340 };
const LEFT = [70, 520];
const THROUGHPUT_PASS = 0.9;
const P99_PASS = 1.2;

/** Memory a customer, and speed, against the number of customers, as SVG. */
export const scaleChart = (points: readonly ScalePoint[]): string => {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  const line = (name: string, panel: number, of: (point: ScalePoint) => number, isBar = false) => ({
    name,
    type: 'line' as const,
    xAxisIndex: panel,
    yAxisIndex: panel,
    symbol: isBar ? 'none' : 'circle',
    symbolSize: 8,
    lineStyle: isBar ? { type: 'dashed' as const, width: 1 } : { width: 2 },
    data: points.map((point) => [point.customers, of(point)]),
  });
  const xAxis = (panel: number) => ({
    type: 'log' as const,
    gridIndex: panel,
    name: 'customers',
    nameLocation: 'middle' as const,
    nameGap: 28,
    min: points[0].customers,
    max: points[points.length - 1].customers,
  });
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    title: [
      { text: 'Bytes a customer', left: LEFT[0], top: 5, textStyle: { fontSize: 14 } },
      {
        text: `Against ${points[0].customers.toLocaleString('en-US')} customers`,
        left: LEFT[1],
        top: 5,
        textStyle: { fontSize: 14 },
      },
    ],
    legend: [
      { data: ['resident', 'counted', 'allowed'], left: LEFT[0], top: 30 },
      { data: ['scores by HTTP', 'scores in process', 'p99 by HTTP'], left: LEFT[1], top: 30 },
    ],
    grid: LEFT.map((left) => ({ left, ...PANEL })),
    xAxis: [xAxis(0), xAxis(1)],
    yAxis: [
      { type: 'value', gridIndex: 0, min: 0 },
      { type: 'value', gridIndex: 1, min: 0 },
    ],
    series: [
      line('resident', 0, ({ residentBytes }) => residentBytes),
      line('counted', 0, ({ countedBytes }) => countedBytes),
      line('allowed', 0, ({ allowedBytes }) => allowedBytes, true),
      line('scores by HTTP', 1, ({ throughput }) => throughput),
      line('scores in process', 1, ({ loop }) => loop),
      line('p99 by HTTP', 1, ({ p99 }) => p99),
      line('at least, throughput', 1, () => THROUGHPUT_PASS, true),
      line('at most, p99', 1, () => P99_PASS, true),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
};
