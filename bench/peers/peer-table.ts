import type { Measured, PeerResult, SideName, Sides } from './measure.ts';

const HEADS = [
  'peer',
  'one row, × echo',
  'CPU ms',
  'Beckon decision ×',
  'Beckon /v2 ×',
  'p50 alone, × echo',
  'Beckon decision, × echo',
  '1,000 rows, k a CPU s',
  'Beckon /v2 by tensor ×',
  'by id ×',
  'decisions ×',
  'start s',
  'MB',
];
const MANY = 1000;

/** How many times the peer's CPU time Beckon would give for its own work. */
const timesOf = (sides: Sides, side: SideName): number => sides.peer.cpuMsPerRequest / sides[side].cpuMsPerRequest;
const beside = <Name extends SideName>(
  sides: Readonly<Record<Name | 'echo', Measured>>,
  side: Name,
  of: (measured: Measured) => number,
): number => of(sides[side]) / of(sides.echo);

/** A line a peer, in Markdown. */
export const peerTable = (results: readonly PeerResult[]): string => {
  const lines = results.map(({ name, one, alone, many, startSec, residentMb }) =>
    [
      name,
      1 / beside(one, 'peer', ({ cpuMsPerRequest }) => cpuMsPerRequest),
      one.peer.cpuMsPerRequest,
      timesOf(one, 'decision'),
      timesOf(one, 'tensor'),
      beside(alone, 'peer', ({ p50Ms }) => p50Ms),
      beside(alone, 'decision', ({ p50Ms }) => p50Ms),
      MANY / many.peer.cpuMsPerRequest,
      timesOf(many, 'tensor'),
      timesOf(many, 'ids'),
      timesOf(many, 'decision'),
      startSec,
      residentMb,
    ].map((cell) => (typeof cell === 'string' ? cell : cell.toFixed(cell < 10 ? 2 : 0))),
  );
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [row(HEADS), row(HEADS.map(() => '---')), ...lines.map(row)].join('\n');
};
