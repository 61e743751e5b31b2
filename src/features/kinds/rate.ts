import Type from 'typebox';
import { DURATION } from '../duration.ts';
import { groupRate } from '../group-reading.ts';
import type { FeatureSpec, GroupPlace, Kind, PlanBuilder } from '../kind.ts';
import { type Form, oneByOne, reading } from '../reading.ts';
import type { RowView } from '../row.ts';
import { number, setValue, statements } from '../row-code.ts';
import { compileSelector, SELECTION_FIELDS, type Selector, type SelectorSpec, selectorProblem } from '../selector.ts';
import { type Bits, bitsCode, countCell, wholeWord } from './count.ts';
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
export const RATIOS: Form<Ratio> = (features) =>
  statements(features, ({ position, hits, trials, prior: { rate, weight } }) =>
    setValue(position, `(k+${number(weight * rate)})/(n+${number(weight)})`, {
      k: bitsCode(hits),
      n: bitsCode(trials),
    }),
  );

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
    const { weight } = prior;
    return oneByOne((row, { sec }) => (hits(row, sec) + weight * prior.rate) / (trials(row, sec) + weight));
  },
};

const keyOf = ({ halfLife }: FeatureSpec, selector: Selector): string =>
  halfLife === undefined ? `count ${selector.key}` : `decayed  ${halfLife} ${selector.key}`;

const countOf = (events: SelectorSpec, plan: PlanBuilder): Bits =>
  wholeWord(countCell(compileSelector(events, plan.items), plan));

type ReadWeight = (row: RowView, sec: number) => number;

const weightOf = (spec: FeatureSpec, events: SelectorSpec, plan: PlanBuilder): ReadWeight => {
  const selector = compileSelector(events, plan.items);
  const perSec = decayPerSec(spec.halfLife as string);
  const offset = decayedCell(keyOf(spec, selector), selector, perSec, () => 1, plan);
  return (row, sec) => readDecayed(row, offset, sec, perSec);
};
