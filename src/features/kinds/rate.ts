import Type from 'typebox';
import { DURATION } from '../duration.ts';
import type { FeatureSpec, Kind, PlanBuilder, Read } from '../kind.ts';
import { compileSelector, SELECTION_FIELDS, type SelectorSpec, selectorProblem } from '../selector.ts';
import { countCell } from './count.ts';
import { decayedCell, decayPerSec, readDecayed } from './decayed.ts';

interface RateSpec extends FeatureSpec {
  /** The trials; the feature's own events are the successes. */
  readonly of: SelectorSpec;
  readonly prior: { readonly rate: number; readonly weight: number };
}

/** Fields that smoothed ratios have in common. */
export const RATE_FIELDS = {
  of: Type.Object(SELECTION_FIELDS, { additionalProperties: false }),
  prior: Type.Object(
    { rate: Type.Number({ minimum: 0, maximum: 1 }), weight: Type.Number({ exclusiveMinimum: 0 }) },
    { additionalProperties: false },
  ),
};

/** Smoothed ratio of two selections, (k + weight × rate) / (n + weight); with `halfLife` both are decayed counts. */
export const rate: Kind = {
  name: 'rate',
  schema: Type.Object({
    ...RATE_FIELDS,
    halfLife: Type.Optional(DURATION),
    by: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })])),
  }),
  selects: true,
  exact: true,
  problem(spec) {
    const problem = selectorProblem((spec as RateSpec).of, true);
    return problem === undefined ? undefined : `\`of\` ${problem}`;
  },
  compile(spec, plan) {
    const { of, prior } = spec as RateSpec;
    const successes = weightOf(spec, spec, plan);
    const trials = weightOf(spec, of, plan);
    return (row, ask) => (successes(row, ask) + prior.weight * prior.rate) / (trials(row, ask) + prior.weight);
  },
};

const weightOf = (spec: FeatureSpec, events: SelectorSpec, plan: PlanBuilder): Read => {
  const selector = compileSelector(events, plan.items);
  const perSec = spec.halfLife === undefined ? 0 : decayPerSec(spec.halfLife);
  const key = spec.halfLife === undefined ? `count ${selector.key}` : `decayed  ${spec.halfLife} ${selector.key}`;
  if (spec.by !== undefined) {
    const group = plan.group(spec, { key, selector, decayPerSec: perSec, amount: () => 1 });
    return (row, ask) => group.sum(row, ask);
  }
  if (perSec === 0) {
    const offset = countCell(selector, plan);
    return (row) => row.u32[row.base + offset];
  }
  const offset = decayedCell(key, selector, perSec, () => 1, plan);
  return (row, ask) => readDecayed(row, offset, ask.sec, perSec);
};
