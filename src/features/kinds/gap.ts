import Type from 'typebox';
import { TIME_UNITS } from '../duration.ts';
import type { Kind } from '../kind.ts';
import { type Form, reading } from '../reading.ts';
import { number, setValue, statements, word } from '../row-code.ts';
import { compileSelector } from '../selector.ts';
import { countCell } from './count.ts';
import { momentCell } from './moment.ts';

/** Mean time between events, (last - first) / (n - 1), from words that count, first and last share: no words of its own. */
export const gap: Kind = {
  name: 'gap',
  schema: Type.Object({}),
  selects: true,
  exact: true,
  problem: (spec) =>
    spec.unit in TIME_UNITS ? undefined : `\`unit\` must be one of ${Object.keys(TIME_UNITS).join(', ')}`,
  compile(spec, plan) {
    const selector = compileSelector(spec, plan.items);
    const n = countCell(selector, plan);
    const firstSec = momentCell('first', selector, plan);
    const lastSec = momentCell('last', selector, plan);
    return reading(GAPS, { n, firstSec, lastSec, missing: spec.default ?? 0, unitSec: TIME_UNITS[spec.unit] });
  },
};

interface Gap {
  /** Offsets of how many events came, and of the seconds of the first and the last. */
  readonly n: number;
  readonly firstSec: number;
  readonly lastSec: number;
  readonly missing: number;
  readonly unitSec: number;
}

const GAPS: Form<Gap> = (features) =>
  statements(features, ({ position, n, firstSec, lastSec, missing, unitSec }) => {
    const mean = `(${word(lastSec)}-${word(firstSec)})/(n-1)/${number(unitSec)}`;
    return setValue(position, `n<2?${number(missing)}:${mean}`, { n: word(n) });
  });
