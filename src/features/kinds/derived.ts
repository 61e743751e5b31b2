import Type from 'typebox';
import type { FeatureSpec, Kind, PlanBuilder } from '../kind.ts';

type Operand = string | number;
interface DerivedSpec extends FeatureSpec {
  readonly op: keyof typeof OPS;
  readonly of: readonly Operand[];
}

/** Operands of one feature: positions of features read before it, or constants. */
class Operands {
  readonly count: number;
  private readonly positions: Int32Array;
  private readonly constants: Float64Array;

  constructor(of: readonly Operand[], plan: PlanBuilder) {
    this.count = of.length;
    this.positions = Int32Array.from(of, (one) => (typeof one === 'number' ? CONSTANT : plan.feature(one)));
    this.constants = Float64Array.from(of, (one) => (typeof one === 'number' ? one : 0));
  }

  get(values: Float64Array, i: number): number {
    const position = this.positions[i];
    return position === CONSTANT ? this.constants[i] : values[position];
  }
}

const CONSTANT = -1;

type Fold = (of: Operands, values: Float64Array, missing: number) => number;

const over =
  (start: number, step: (a: number, b: number) => number): Fold =>
  (of, values) => {
    let result = start;
    for (let i = 0; i < of.count; i++) result = step(result, of.get(values, i));
    return result;
  };

/** What a derived feature can do, with the number of operands. All are total: no NaN, no infinity. */
const OPS = {
  ratio: {
    arity: 2,
    fold(of, values, missing) {
      const divisor = of.get(values, 1);
      return divisor === 0 ? missing : of.get(values, 0) / divisor;
    },
  },
  difference: { arity: 2, fold: (of, values) => of.get(values, 0) - of.get(values, 1) },
  log1p: { arity: 1, fold: (of, values) => Math.log1p(Math.max(0, of.get(values, 0))) },
  clamp: {
    arity: 3,
    fold: (of, values) => Math.min(of.get(values, 2), Math.max(of.get(values, 1), of.get(values, 0))),
  },
  atLeast: { arity: 2, fold: (of, values) => Number(of.get(values, 0) >= of.get(values, 1)) },
  sum: { arity: Number.POSITIVE_INFINITY, fold: over(0, (a, b) => a + b) },
  product: { arity: Number.POSITIVE_INFINITY, fold: over(1, (a, b) => a * b) },
  min: { arity: Number.POSITIVE_INFINITY, fold: over(Number.POSITIVE_INFINITY, (a, b) => Math.min(a, b)) },
  max: { arity: Number.POSITIVE_INFINITY, fold: over(Number.NEGATIVE_INFINITY, (a, b) => Math.max(a, b)) },
} as const satisfies Record<string, { arity: number; fold: Fold }>;

const FLOAT_MAX = 3.4e38;

/** Arithmetic over features declared before it: no words. A result that is not finite is the default. */
export const derived: Kind = {
  name: 'derived',
  schema: Type.Object({
    op: Type.Union(Object.keys(OPS).map((op) => Type.Literal(op))),
    of: Type.Array(Type.Union([Type.String(), Type.Number()]), { minItems: 1, maxItems: 16 }),
  }),
  selects: false,
  exact: true,
  problem(spec) {
    const { op, of } = spec as DerivedSpec;
    const { arity } = OPS[op];
    return arity === Number.POSITIVE_INFINITY || of.length === arity
      ? undefined
      : `\`${op}\` takes ${arity} operand(s), not ${of.length}`;
  },
  compile(spec, plan) {
    const { op, of } = spec as DerivedSpec;
    const fold: Fold = OPS[op].fold;
    const missing = spec.default ?? 0;
    const operands = new Operands(of, plan);
    return (_row, ask) => {
      const value = fold(operands, ask.values, missing);
      return Math.abs(value) <= FLOAT_MAX ? value : missing;
    };
  },
};
