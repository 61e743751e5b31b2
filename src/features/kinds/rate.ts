import Type from 'typebox';
import { DURATION } from '../duration.ts';
import { groupRate } from '../group-reading.ts';
import type { FeatureSpec, GroupPlace, Kind, PlanBuilder } from '../kind.ts';
import { type Form, oneByOne, positionsOf, type Read, reading } from '../reading.ts';
import { compileSelector, SELECTION_FIELDS, type Selector, type SelectorSpec, selectorProblem } from '../selector.ts';
import { type Bits, countCell, wholeWord } from './count.ts';
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

interface Ratio {
  readonly hits: Bits;
  readonly trials: Bits;
  readonly prior: { readonly rate: number; readonly weight: number };
}

/** Smoothed ratios of two counts in the row. */
export const RATIOS: Form<Ratio> = (features) => {
  const positions = positionsOf(features);
  const numbers = (of: (feature: Ratio) => number): Int32Array => Int32Array.from(features, of);
  const hits = numbers((feature) => feature.hits.offset);
  const hitsShifts = numbers((feature) => feature.hits.shift);
  const hitsMasks = numbers((feature) => feature.hits.mask);
  const trials = numbers((feature) => feature.trials.offset);
  const trialsShifts = numbers((feature) => feature.trials.shift);
  const trialsMasks = numbers((feature) => feature.trials.mask);
  const expected = Float64Array.from(features, ({ prior }) => prior.weight * prior.rate);
  const weights = Float64Array.from(features, ({ prior }) => prior.weight);
  return ({ u32, base }, { values }) => {
    for (let i = 0; i < positions.length; i++) {
      const k = ((u32[base + hits[i]] >>> hitsShifts[i]) & hitsMasks[i]) >>> 0;
      const n = ((u32[base + trials[i]] >>> trialsShifts[i]) & trialsMasks[i]) >>> 0;
      values[positions[i]] = (k + expected[i]) / (n + weights[i]);
    }
  };
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
    if (spec.by !== undefined) {
      const amount = (): number => 1;
      const perSec = spec.halfLife === undefined ? 0 : decayPerSec(spec.halfLife);
      const placeOf = (events: SelectorSpec): GroupPlace => {
        const selector = compileSelector(events, plan.items);
        return plan.group(spec, { key: keyOf(spec, selector), selector, decayPerSec: perSec, amount });
      };
      return groupRate(placeOf(spec), placeOf(of), prior);
    }
    if (spec.halfLife === undefined)
      return reading(RATIOS, { hits: countOf(spec, plan), trials: countOf(of, plan), prior });
    const hits = weightOf(spec, spec, plan);
    const trials = weightOf(spec, of, plan);
    return oneByOne((row, ask) => (hits(row, ask) + prior.weight * prior.rate) / (trials(row, ask) + prior.weight));
  },
};

const keyOf = ({ halfLife }: FeatureSpec, selector: Selector): string =>
  halfLife === undefined ? `count ${selector.key}` : `decayed  ${halfLife} ${selector.key}`;

const countOf = (events: SelectorSpec, plan: PlanBuilder): Bits =>
  wholeWord(countCell(compileSelector(events, plan.items), plan));

const weightOf = (spec: FeatureSpec, events: SelectorSpec, plan: PlanBuilder): Read => {
  const selector = compileSelector(events, plan.items);
  const perSec = decayPerSec(spec.halfLife as string);
  const offset = decayedCell(keyOf(spec, selector), selector, perSec, () => 1, plan);
  return (row, ask) => readDecayed(row, offset, ask.sec, perSec);
};
