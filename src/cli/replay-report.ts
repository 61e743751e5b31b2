import type { Tally } from './formats/tally.ts';

/** The table at the end of a replay: a name and a plain number a line, so that scripts can read it too. */
export const replayReport = (tally: Tally, ms: number): string => {
  const rows: [string, string | number][] = [
    ['rows read', tally.rowsRead],
    ...[...tally.skipped].map(([reason, count]): [string, number] => [`rows skipped: ${reason}`, count]),
    ['events made', tally.eventsMade],
  ];
  if (tally.eventsLeftOut > 0) rows.push(['events left out: at or after --until', tally.eventsLeftOut]);
  rows.push(['accepted', tally.accepted], ['duplicates', tally.duplicates]);
  if (tally.rejected.size === 0) rows.push(['rejected', 0]);
  for (const [code, count] of tally.rejected) rows.push([`rejected: ${code}`, count]);
  rows.push(['time', `${(ms / 1000).toFixed(1)} s`]);
  rows.push(['events/s', Math.round((tally.eventsMade * 1000) / Math.max(ms, 1))]);
  const left = Math.max(...rows.map(([name]) => name.length));
  const right = Math.max(...rows.map(([, value]) => String(value).length));
  return rows.map(([name, value]) => `${name.padEnd(left)}  ${String(value).padStart(right)}\n`).join('');
};
