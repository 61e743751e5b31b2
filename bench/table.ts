import type { RowResult } from './result.ts';

const rate = (value: number): string =>
  value >= 1e6 ? `${(value / 1e6).toFixed(2)} M` : value >= 1e4 ? `${(value / 1e3).toFixed(0)} k` : value.toFixed(0);

const inMs = (values: readonly number[]): string => `${values.map((value) => value.toFixed(2)).join('/')} ms`;

const HEADS = ['row', 'ceiling/s', 'product/s', '/CPU s', 'by wall', 'by CPU', 'range', 'bar', ''];

const cellsOf = (result: RowResult): string[] => {
  const { bar, ratioRange } = result;
  return [
    result.name,
    rate(result.ceilingPerSec),
    rate(result.productPerSec),
    rate(result.productPerCpuSec),
    result.ratioByWall.toFixed(2),
    result.ratioByCpu.toFixed(2),
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

const legend = (result: RowResult): string[] => {
  const { latencyMs } = result;
  const percent = (part: number): string => `${Math.round(part * 100)} %`;
  const latency =
    latencyMs === undefined
      ? []
      : [`p50/p99 ${inMs(latencyMs.product)} against ${inMs(latencyMs.ceiling)} (closed loop)`];
  const facts = [
    ...result.notes,
    `core in use: ceiling ${percent(result.ceilingBusy)}, product ${percent(result.productBusy)}`,
    ...latency,
    ...(result.answersChecked > 0 ? [`${result.answersChecked} answers checked`] : []),
  ];
  return [`${result.name}: ${result.product}  ÷  ${result.ceiling}`, `    ${facts.join(' · ')}`];
};
