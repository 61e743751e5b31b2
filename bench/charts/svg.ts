import * as echarts from 'echarts';

export type ChartOption = Parameters<echarts.ECharts['setOption']>[0];

/** Draws a picture as SVG, without a browser. Sizes in pixels. */
export const svgOf = (option: ChartOption, width: number, height: number): string => {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({ animation: false, backgroundColor: '#fff', ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
};
