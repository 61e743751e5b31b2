import Type from 'typebox';
import { isLater } from '../facts.ts';
import type { FeatureSpec, Kind } from '../kind.ts';
import { reading } from '../reading.ts';
import { compileSelector, SELECTION_FIELDS, type SelectorSpec, selectorProblem } from '../selector.ts';
import { BITS } from './count.ts';

interface FlagSpec extends FeatureSpec {
  readonly off: SelectorSpec;
}

/** 1 where the latest of the setting events (`event`) and clearing events (`off`) was a setting one: 2 words. */
export const flag: Kind = {
  name: 'flag',
  schema: Type.Object({
    off: Type.Object(
      { event: SELECTION_FIELDS.event, events: SELECTION_FIELDS.events },
      { additionalProperties: false },
    ),
  }),
  selects: true,
  exact: true,
  problem(spec) {
    const problem = selectorProblem((spec as FlagSpec).off, true);
    return problem === undefined ? undefined : `\`off\` ${problem}`;
  },
  compile(spec, plan) {
    const on = compileSelector(spec, plan.items);
    const off = compileSelector((spec as FlagSpec).off, plan.items);
    const both = { ...on, typeCodes: [...new Set([...on.typeCodes, ...off.typeCodes])], matches: undefined };
    const offset = plan.cell(`flag ${on.key} ${off.key}`, 2, (at) => ({
      selector: both,
      apply(row, facts) {
        const isOn = on.typeCodes.includes(facts.typeCode) && on.matches?.(facts) !== false;
        if (!isOn && !off.typeCodes.includes(facts.typeCode)) return;
        // The lowest bit of the tie says which; two events that differ in nothing else are one event.
        const tie = ((facts.tie & ~1) | Number(isOn)) >>> 0;
        const first = row.base + at;
        if (row.u32[first] !== 0 && !isLater(facts.sec, tie, row.u32[first], row.u32[first + 1])) return;
        row.u32[first] = facts.sec;
        row.u32[first + 1] = tie;
      },
      merge(into, from) {
        const a = into.base + at;
        const b = from.base + at;
        if (!isLater(from.u32[b], from.u32[b + 1], into.u32[a], into.u32[a + 1])) return;
        into.u32[a] = from.u32[b];
        into.u32[a + 1] = from.u32[b + 1];
      },
    }));
    return reading(BITS, { offset: offset + 1, shift: 0, mask: 1 });
  },
};
