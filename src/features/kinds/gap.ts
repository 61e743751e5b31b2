import Type from 'typebox';
import { TIME_UNITS } from '../duration.ts';
import type { Kind } from '../kind.ts';
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
    return (row) => {
      const events = row.u32[row.base + n];
      if (events < 2) return missing;
      return (row.u32[row.base + lastSec] - row.u32[row.base + firstSec]) / (events - 1) / unitSec;
    };
  },
};
