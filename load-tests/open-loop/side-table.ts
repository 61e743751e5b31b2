import { PERCENTILES } from './percentiles.ts';
import { ratioAt, type SideResult } from './sides.ts';

const CONTROL_RATIO_MAX = 4;
const INGEST_RATIO_MAX = 3;
/** Above the cells of a side. */
export const LATENCY_HEADS = [
  '',
  'a second',
  ...PERCENTILES.map((p) => (p === 100 ? 'max' : `p${p}`)),
  'late',
  'waits',
  'p50',
  'p99',
  '',
];

const ms = (value: number): string => value.toFixed(2);
const percent = (part: number): string => (Number.isNaN(part) ? '-' : `${(part * 100).toFixed(1)} %`);
const times = (value: number): string => (Number.isNaN(value) ? '-' : `${value.toFixed(2)} ×`);

/** A line a side: ms from the planned time, and how many times as long as the side before it. */
export const latencyCells = (results: readonly SideResult[]): string[][] =>
  results.map((side, i) => {
    const before = results[i - 1];
    const ratios =
      before === undefined ? ['', ''] : [times(ratioAt(side, before, 50)), times(ratioAt(side, before, 99))];
    const notes = [
      ...(side.isVoid ? ['VOID: late'] : []),
      ...(side.besidePerSec > 0 ? [`${side.besidePerSec.toFixed(0)} bodies a second beside`] : []),
    ];
    const parts = [percent(side.latePart), percent(side.waitPart)];
    return [side.name, side.ratePerSec.toFixed(0), ...side.latency.map(ms), ...parts, ...ratios, notes.join(', ')];
  });

/** The same for a terminal. */
export const latencyTable = (results: readonly SideResult[]): string => {
  const all = [LATENCY_HEADS, ...latencyCells(results)];
  const widths = LATENCY_HEADS.map((_, column) => Math.max(...all.map((line) => line[column].length)));
  const cell = (text: string, i: number): string => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]));
  return all.map((line) => line.map(cell).join('  ').trimEnd()).join('\n');
};

/** Why a measurement does not hold, in words: wrong answers, nothing valid, or a p99 past its bar. */
export const latencyProblems = (results: readonly SideResult[]): string[] =>
  results.flatMap((side, i) => {
    const { name, wrongCount, wrong, isVoid } = side;
    if (wrongCount > 0) return [`${name}: ${wrongCount} wrong answers: ${wrong.join('; ')}`];
    if (isVoid)
      return [`${name}: more than 5 % of the requests were sent late in every run: no percentile can be told`];
    // Beside the burner nothing is asked of the ratio: it says what the core gives away.
    if (i === 0 || (results.length === 3 && i === 1)) return [];
    const ratio = ratioAt(side, results[i - 1], 99);
    const max = i === 1 ? CONTROL_RATIO_MAX : INGEST_RATIO_MAX;
    return ratio > max
      ? [`${name}: p99 is ${ratio.toFixed(1)} times that of the ${results[i - 1].name}, and not ${max}`]
      : [];
  });
