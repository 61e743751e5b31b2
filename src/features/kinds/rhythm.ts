import Type from 'typebox';
import { TIME_UNITS } from '../duration.ts';
import type { FeatureSpec, Kind } from '../kind.ts';
import { type Form, positionsOf, reading } from '../reading.ts';
import { compileSelector } from '../selector.ts';

interface RhythmSpec extends FeatureSpec {
  readonly last: number;
  readonly stat: 'mean' | 'deviation' | 'variance' | 'cv';
}

const keyOf = (spec: FeatureSpec): string => `rhythm ${compileSelector(spec).key}`;

/** Puts a second among the newest, newest first. A second that came twice is kept twice. */
const keep = (u32: Uint32Array, first: number, size: number, sec: number): void => {
  const end = first + size;
  let at = first;
  while (at < end && u32[at] >= sec) at++;
  if (at === end || sec === 0) return;
  for (let to = end - 1; to > at; to--) u32[to] = u32[to - 1];
  u32[at] = sec;
};

/**
 * How even the gaps between the last events are: their mean, variance (of a sample), standard deviation, or the deviation
 * over the mean (cv). Sequence-bound: the row keeps the times of the newest `last` events, a word each, and the numbers
 * are exact over those. Features over the same events share the longest list, each looks at its own `last`.
 */
export const rhythm: Kind = {
  name: 'rhythm',
  schema: Type.Object({
    last: Type.Integer({ minimum: 3, maximum: 64 }),
    stat: Type.Union(['mean', 'deviation', 'variance', 'cv'].map((stat) => Type.Literal(stat))),
  }),
  selects: true,
  exact: false,
  problem(spec) {
    const { stat, unit } = spec as RhythmSpec;
    if (stat === 'cv' || unit in TIME_UNITS) return undefined;
    return `\`unit\` must be one of ${Object.keys(TIME_UNITS).join(', ')}`;
  },
  demand: (spec) => ({ key: keyOf(spec), size: (spec as RhythmSpec).last }),
  compile(spec, plan) {
    const { last, stat } = spec as RhythmSpec;
    const size = plan.demanded(keyOf(spec));
    const offset = plan.cell(keyOf(spec), size, (at) => ({
      selector: compileSelector(spec, plan.items),
      apply: (row, facts) => keep(row.u32, row.base + at, size, facts.sec),
      merge(into, from) {
        for (let i = 0; i < size; i++) keep(into.u32, into.base + at, size, from.u32[from.base + at + i]);
      },
    }));
    const unitSec = stat === 'cv' ? 1 : TIME_UNITS[spec.unit];
    return reading(RHYTHMS, { offset, last, stat, missing: spec.default ?? 0, unitSec });
  },
};

interface Rhythm extends Pick<RhythmSpec, 'last' | 'stat'> {
  readonly offset: number;
  readonly missing: number;
  readonly unitSec: number;
}

const RHYTHMS: Form<Rhythm> = (features) => {
  const positions = positionsOf(features);
  return ({ u32, base }, { values }) => {
    for (let i = 0; i < positions.length; i++) values[positions[i]] = statOf(features[i], u32, base);
  };
};

const statOf = ({ offset, last, stat, missing, unitSec }: Rhythm, u32: Uint32Array, base: number): number => {
  const first = base + offset;
  let events = 0;
  while (events < last && u32[first + events] !== 0) events++;
  const gaps = events - 1;
  if (gaps < (stat === 'mean' ? 1 : 2)) return missing;
  const mean = (u32[first] - u32[first + gaps]) / gaps;
  if (stat === 'mean') return mean / unitSec;
  const squares = variance(u32, first, gaps, mean);
  if (stat === 'variance') return squares / unitSec ** 2;
  const deviation = Math.sqrt(squares);
  if (stat === 'deviation') return deviation / unitSec;
  return mean === 0 ? missing : deviation / mean;
};

const variance = (u32: Uint32Array, first: number, gaps: number, mean: number): number => {
  let sum = 0;
  for (let at = first; at < first + gaps; at++) sum += (u32[at] - u32[at + 1] - mean) ** 2;
  return sum / (gaps - 1);
};
