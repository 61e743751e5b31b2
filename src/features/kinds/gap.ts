import Type from 'typebox';
import { TIME_UNITS } from '../duration.ts';
import type { Kind } from '../kind.ts';
import { oneByOne } from '../reading.ts';
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
    const missing = spec.default ?? 0;
    const unitSec = TIME_UNITS[spec.unit];
    return oneByOne(({ u32, base }) => {
      const events = u32[base + n];
      return events < 2 ? missing : (u32[base + lastSec] - u32[base + firstSec]) / (events - 1) / unitSec;
    });
  },
};
