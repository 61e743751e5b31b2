import Type from 'typebox';
import type { Ask, FeatureSpec, Kind, PlanBuilder } from '../kind.ts';

type Operand = string | number;
interface DerivedSpec extends FeatureSpec {
  readonly op: keyof typeof OPS;
  readonly of: readonly Operand[];
}

type Fold = (values: readonly number[], missing: number) => number;

/** What a derived feature can do, with the number of operands. All are total: no NaN, no infinity. */
const OPS = {
  ratio: { arity: 2, fold: ([a, b], missing) => (b === 0 ? missing : a / b) },
  difference: { arity: 2, fold: ([a, b]) => a - b },
  log1p: { arity: 1, fold: ([a]) => Math.log1p(Math.max(0, a)) },
  clamp: { arity: 3, fold: ([a, low, high]) => Math.min(high, Math.max(low, a)) },
  atLeast: { arity: 2, fold: ([a, b]) => Number(a >= b) },
  sum: { arity: Number.POSITIVE_INFINITY, fold: (values) => values.reduce((a, b) => a + b, 0) },
  product: { arity: Number.POSITIVE_INFINITY, fold: (values) => values.reduce((a, b) => a * b, 1) },
  min: { arity: Number.POSITIVE_INFINITY, fold: (values) => Math.min(...values) },
  max: { arity: Number.POSITIVE_INFINITY, fold: (values) => Math.max(...values) },
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
    const readers = of.map((operand) => operandReader(operand, plan));
    // Reused: a feature is read to the end before the next one begins.
    const values = new Array<number>(readers.length).fill(0);
    return (_row, ask) => {
      for (let i = 0; i < values.length; i++) values[i] = readers[i](ask);
      const value = fold(values, missing);
      return Math.abs(value) <= FLOAT_MAX ? value : missing;
    };
  },
};

const operandReader = (operand: Operand, plan: PlanBuilder): ((ask: Ask) => number) => {
  if (typeof operand === 'number') return () => operand;
  const position = plan.feature(operand);
  return (ask) => ask.values[position];
};
