import Type from 'typebox';
import type { FeatureSpec, Kind } from '../kind.ts';
import { type Form, reading } from '../reading.ts';
import { int64, number, setValue, statements, word } from '../row-code.ts';
import { compileSelector } from '../selector.ts';
import { countCell } from './count.ts';
import { RATE_FIELDS } from './rate.ts';
import { sumCell, sumSteps } from './sum.ts';

interface PriceSensitivitySpec extends FeatureSpec {
  readonly stat: 'tier' | 'score';
  readonly prior: { readonly rate: number; readonly weight: number };
  readonly middle: number;
  readonly high: number;
  readonly deep?: number;
}

/** A discount of this share of the list price is as much of a sign as a coupon on every order. */
const DEEP_DISCOUNT = 0.3;

/**
 * How much a customer buys on price. The score is the greater of the smoothed share of orders with a coupon,
 * (redeemed + weight × rate) / (orders + weight), at most 1, and of the discount's share of the list price over `deep`, at most 1.
 * The tier is 0 without orders, else 1 low, 2 middle, 3 high. No words of its own: counts and sums that others share.
 */
export const priceSensitivity: Kind = {
  name: 'priceSensitivity',
  schema: Type.Object({
    stat: Type.Union([Type.Literal('tier'), Type.Literal('score')]),
    prior: RATE_FIELDS.prior,
    middle: Type.Number({ minimum: 0, maximum: 1 }),
    high: Type.Number({ minimum: 0, maximum: 1 }),
    deep: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 })),
  }),
  selects: false,
  exact: true,
  problem(spec) {
    const { middle, high } = spec as PriceSensitivitySpec;
    return middle < high ? undefined : '`middle` must be less than `high`';
  },
  compile(spec, plan) {
    const { stat, prior, middle, high, deep = DEEP_DISCOUNT } = spec as PriceSensitivitySpec;
    const placed = compileSelector({ event: 'order.placed' });
    const steps = sumSteps({ ...spec, unit: 'money' }, plan);
    const terms = {
      stat,
      prior,
      middle,
      high,
      deep,
      orders: countCell(placed, plan),
      redeemed: countCell(compileSelector({ event: 'coupon.redeemed' }), plan),
      paid: sumCell('amount', placed, steps, plan),
      given: sumCell('discount', placed, steps, plan),
      missing: spec.default ?? 0,
    };
    return reading(SENSITIVITIES, terms);
  },
};

interface Sensitivity extends Pick<PriceSensitivitySpec, 'stat' | 'prior' | 'middle' | 'high'> {
  readonly deep: number;
  readonly orders: number;
  readonly redeemed: number;
  readonly paid: number;
  readonly given: number;
  readonly missing: number;
}

const SENSITIVITIES: Form<Sensitivity> = (features) =>
  statements(features, ({ position, stat, prior, middle, high, deep, orders, redeemed, paid, given, missing }) => {
    const byCoupon = `(${word(redeemed)}+${number(prior.weight * prior.rate)})/(n+${number(prior.weight)})`;
    const names = {
      n: word(orders),
      discount: int64(given),
      list: `discount+${int64(paid)}`,
      score: `n===0?0:Math.min(1,Math.max(${byCoupon},list===0?0:discount/list/${number(deep)}))`,
    };
    const value = stat === 'score' ? 'score' : `score>=${number(high)}?3:score>=${number(middle)}?2:1`;
    return setValue(position, `n===0?${number(missing)}:${value}`, names);
  });
