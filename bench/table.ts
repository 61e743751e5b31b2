import type { RowResult } from './result.ts';

/** The CPU time of a service that somebody else runs. */
const UNKNOWN = '-';

const rate = (value: number): string =>
  Number.isNaN(value)
    ? UNKNOWN
    : value >= 1e6
      ? `${(value / 1e6).toFixed(2)} M`
      : value >= 1e4
        ? `${(value / 1e3).toFixed(0)} k`
        : value.toFixed(0);

/** Of the median, from the least to the greatest pair. */
const SPREAD_MAX = 0.2;

const inMs = (values: readonly number[]): string => `${values.map((value) => value.toFixed(2)).join('/')} ms`;

/** Above the cells of a row. */
export const HEADS = ['row', 'ceiling/s', 'product/s', '/CPU s', 'by wall', 'by CPU', 'range', 'bar', ''];

/** The figures of a row, as short as a table wants them. */
export const cellsOf = (result: RowResult): string[] => {
  const { bar, ratioRange } = result;
  return [
    result.name,
    rate(result.ceilingPerSec),
    rate(result.productPerSec),
    rate(result.productPerCpuSec),
    result.ratioByWall.toFixed(2),
    Number.isNaN(result.ratioByCpu) ? UNKNOWN : result.ratioByCpu.toFixed(2),
    ratioRange.map((ratio) => ratio.toFixed(2)).join('-'),
    bar.kind === 'ratio' ? bar.pass.toFixed(2) : `${rate(bar.pass)}/CPU s`,
    result.verdict,
  ];
};

/** The table for a terminal, and below it what each row is. */
export const tableOf = (results: readonly RowResult[]): string => {
  const lines = [HEADS, ...results.map(cellsOf)];
  const widths = HEADS.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const table = lines.map((line) =>
    line
      .map((cell, i) => (i === 0 || i === line.length - 1 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd(),
  );
  return [...table, '', ...results.flatMap(legend)].join('\n');
};

const legend = (result: RowResult): string[] => [
  `${result.name}: ${result.product}  ÷  ${result.ceiling}`,
  `    ${factsOf(result).join(' · ')}`,
];

/** What else is known of a row, in words. */
export const factsOf = (result: RowResult): string[] => {
  const { latencyMs, ceilingBusy, productBusy, ratio, ratioRange } = result;
  const percent = (part: number): string => `${Math.round(part * 100)} %`;
  const [least, greatest] = ratioRange;
  const spread = (greatest - least) / ratio;
  return [
    ...result.notes,
    ...(Number.isNaN(productBusy)
      ? []
      : [`core in use: ceiling ${percent(ceilingBusy)}, product ${percent(productBusy)}`]),
    ...(latencyMs === undefined
      ? []
      : [`p50/p99 ${inMs(latencyMs.product)} against ${inMs(latencyMs.ceiling)} (closed loop)`]),
    ...(result.answersChecked > 0 ? [`${result.answersChecked} answers checked`] : []),
    ...(spread > SPREAD_MAX ? [`pairs differ by ${percent(spread)}: not to be compared to a tenth here`] : []),
  ];
};
