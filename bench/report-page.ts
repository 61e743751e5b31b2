import { LATENCY_HEADS, latencyCells } from '../load-tests/open-loop/side-table.ts';
import { latencyChart } from './charts/latency-chart.ts';
import { sizesChart } from './charts/sizes-chart.ts';
import { throughputChart } from './charts/throughput-chart.ts';
import { circumstancesOf, type Report } from './report.ts';
import { cellsOf, factsOf, HEADS } from './table.ts';
import { visibleText } from './visible.ts';

const STYLE = `body { font: 15px/1.5 system-ui, sans-serif; max-width: 980px; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; font-size: 13px } th, td { border-bottom: 1px solid #ddd; padding: 3px 9px; text-align: right }
th:first-child, td:first-child { text-align: left } td.text { text-align: left } svg { max-width: 100%; height: auto }
.excellent { color: #086 } .short { color: #b00 } pre { font-size: 12px; overflow-x: auto; background: #f6f6f6; padding: 1em }`;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character]);

const cell = (text: string, name = ''): string => `<td class="${name}">${escaped(text)}</td>`;
const tableOf = (heads: readonly string[], lines: readonly string[]): string =>
  `<table><tr>${heads.map((head) => `<th>${escaped(head)}</th>`).join('')}</tr>${lines.map((line) => `<tr>${line}</tr>`).join('')}</table>`;

const circumstances = (report: Report): string =>
  tableOf(
    [],
    circumstancesOf(report).map(([name, value]) => cell(name) + cell(value, 'text')),
  );

const rows = ({ results, size }: Report): string =>
  results.length === 0
    ? ''
    : `<h2>Throughput against the ceiling</h2>
<p>Medians of ${size.pairs} pairs, ceiling and product in turns; the smaller of the ratios by wall time and by CPU time is held
against the bar.</p>
${throughputChart(results)}
${tableOf(
  HEADS,
  results.map((result) =>
    cellsOf(result)
      .map((text) => cell(text, result.verdict))
      .join(''),
  ),
)}
${tableOf(
  ['row', 'product ÷ ceiling', 'facts'],
  results.map(
    (result) =>
      cell(result.name) +
      cell(`${result.product} ÷ ${result.ceiling}`, 'text') +
      cell(factsOf(result).join(' · '), 'text'),
  ),
)}`;

const latency = ({ latency: results }: Report): string =>
  results.length === 0
    ? ''
    : `<h2>Latency by percentile, open loop</h2>
<p>From the planned time of a request to its answer, in ms; the ratios are to the line above. The control replies the same bytes
to everybody. Single runs with more than 5 % late sends are void and left out.</p>
${results
  .map(
    ({ name, sides }) => `<h3>${escaped(name)}</h3>
${latencyChart(sides)}
${tableOf(
  LATENCY_HEADS,
  latencyCells(sides).map((cells) => cells.map((text) => cell(text)).join('')),
)}`,
  )
  .join('\n')}`;

const sizes = ({ sizes: points }: Report): string =>
  points.length === 0
    ? ''
    : `<h2>Memory and restart by the number of customers</h2>
${sizesChart(points)}
${tableOf(
  ['customers', 'bytes each, resident', 'counted', 'allowed', 'start s', 'empty start and read s'],
  points.map(({ customers, residentBytes, countedBytes, allowedBytes, restartSec, restartCeilingSec }) =>
    [
      customers.toLocaleString('en-US'),
      ...[residentBytes, countedBytes, allowedBytes].map((bytes) => bytes.toFixed(0)),
      ...[restartSec, restartCeilingSec].map((sec) => sec.toFixed(2)),
    ]
      .map((text) => cell(text))
      .join(''),
  ),
)}`;

const profiles = ({ profiles: paths }: Report): string =>
  paths.length === 0
    ? ''
    : `<h2>Where the time of the hot paths goes</h2>
<p>Each path alone on a service of its own, with CPU profiles from start to end; functions by what they take themselves.</p>
${paths
  .flatMap(({ name, threads }) =>
    threads.map(
      ({ busySec, top }) => `<h3>${escaped(name)}: a thread busy for ${busySec.toFixed(1)} s</h3>
${tableOf(
  [],
  top.map(({ name: called, part }) => cell(`${(part * 100).toFixed(1)} %`) + cell(called, 'text')),
)}`,
    ),
  )
  .join('\n')}`;

/** The figures as one page that needs nothing from elsewhere, with its pictures in it. */
export const reportPage = (report: Report): string => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Beckon benchmark, ${escaped(report.machine.commit)}</title>
<style>${STYLE}</style>
<h1>Beckon benchmark</h1>
${circumstances(report)}
${rows(report)}
${latency(report)}
${report.visible === undefined ? '' : `<p>${escaped(visibleText(report.visible))}</p>`}
${sizes(report)}
${profiles(report)}
</html>
`;
