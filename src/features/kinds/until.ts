import Type from 'typebox';
import { parseTime } from '../../base/clock.ts';
import { TIME_UNITS } from '../duration.ts';
import { fieldCode } from '../items.ts';
import type { FeatureSpec, Kind, PlanBuilder } from '../kind.ts';
import { type Form, reading } from '../reading.ts';
import { number, setValue, statements, word } from '../row-code.ts';
import { compileSelector, isTimeField, type Selector } from '../selector.ts';

const SEC_MAX = 0xffff_ffff;

/** Whole seconds of a time that an event tells, as far as a word goes; 0 for none. */
const toldSec = (told: string | undefined): number =>
  told === undefined ? 0 : Math.min(SEC_MAX, Math.max(1, Math.floor(parseTime(told) / 1000)));

/** The name under which {@link Kind.demand} tells others of the field; fields that are times have positions above 0. */
const demandOf = (selector: Selector): string => `until ${selector.key}`;

/** Where features look at the time that the last event of a selection tells, its field; 0 where none do. */
export const demandedField = (selector: Selector, plan: PlanBuilder): number => plan.demanded(demandOf(selector));

/**
 * Adds (or finds) the second of the last event of a selection and the time that its field tells: 2 words, the second one 0
 * where it tells none. Of two events in one second the greater time counts.
 */
export const untilCell = (field: number, selector: Selector, plan: PlanBuilder): number =>
  plan.cell(`until ${field} ${selector.key}`, 2, (offset) => {
    const take = (words: Uint32Array, at: number, sec: number, until: number): void => {
      if (sec < words[at] || (sec === words[at] && until <= words[at + 1])) return;
      words[at] = sec;
      words[at + 1] = until;
    };
    return {
      selector,
      apply: (row, { sec, values }) => take(row.u32, row.base + offset, sec, toldSec(values.text(field))),
      merge(into, from) {
        const at = from.base + offset;
        take(into.u32, into.base + offset, from.u32[at], from.u32[at + 1]);
      },
    };
  });

interface Until {
  /** Of the word with the second, 0 where none is known. */
  readonly offset: number;
  readonly unitSec: number;
  readonly missing: number;
}

/** Times to a second that the row tells. */
const LEFT: Form<Until> = (features) =>
  statements(features, ({ position, offset, unitSec, missing }) =>
    setValue(position, `until===0?${number(missing)}:(until-sec)/${number(unitSec)}`, { until: word(offset) }),
  );

/** Time until what a field of the last event says, below 0 after it: until the last coupon expires. */
export const until: Kind = {
  name: 'until',
  schema: Type.Object({ field: Type.String() }),
  selects: true,
  exact: true,
  problem(spec) {
    const { field, unit } = spec as FeatureSpec & { field: string };
    if (!(unit in TIME_UNITS)) return `it is a time, so \`unit\` must be one of ${Object.keys(TIME_UNITS).join(', ')}`;
    return isTimeField(spec, field) === false ? `\`${field}\` is no time` : undefined;
  },
  demand: (spec) => ({ key: demandOf(compileSelector(spec)), size: fieldCode(spec.field as string) }),
  course: () => 'falls',
  compile(spec, plan) {
    const offset = untilCell(fieldCode(spec.field as string), compileSelector(spec, plan.items), plan) + 1;
    return reading(LEFT, { offset, unitSec: TIME_UNITS[spec.unit], missing: spec.default ?? 0 });
  },
};
