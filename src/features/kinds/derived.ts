import Type from 'typebox';
import type { FeatureSpec, Kind } from '../kind.ts';
import { type Form, reading } from '../reading.ts';
import { number, setValue, statements, valueAt } from '../row-code.ts';

type Operand = string | number;
interface DerivedSpec extends FeatureSpec {
  readonly op: keyof typeof ARITY;
  readonly of: readonly Operand[];
}

/** Operands of each operation. All operations are total: no NaN, no infinity. */
const ARITY = {
  ratio: 2,
  difference: 2,
  log1p: 1,
  clamp: 3,
  atLeast: 2,
  sum: Number.POSITIVE_INFINITY,
  product: Number.POSITIVE_INFINITY,
  min: Number.POSITIVE_INFINITY,
  max: Number.POSITIVE_INFINITY,
} as const;

/** JavaScript of each operation, of that of its operands. */
const CODE: Readonly<Record<keyof typeof ARITY, (of: readonly string[], missing: string) => string>> = {
  ratio: ([over, under], missing) => `(${under}===0?${missing}:${over}/${under})`,
  difference: (of) => of.join('-'),
  log1p: ([one]) => `Math.log1p(Math.max(0,${one}))`,
  clamp: ([one, least, most]) => `Math.min(Math.max(${one},${least}),${most})`,
  atLeast: ([one, least]) => `+(${one}>=${least})`,
  sum: (of) => `0+${of.join('+')}`,
  product: (of) => of.join('*'),
  min: (of) => `Math.min(${of})`,
  max: (of) => `Math.max(${of})`,
};

interface Operation {
  readonly op: keyof typeof ARITY;
  /** Positions of features that are read before, or numbers. */
  readonly of: readonly ({ readonly position: number } | number)[];
  readonly missing: number;
}

const FLOAT_MAX = 3.4e38;

const OPERATIONS: Form<Operation> = (features) =>
  statements(features, ({ position, op, of, missing }) => {
    const operands = of.map((one) => (typeof one === 'number' ? number(one) : valueAt(one.position)));
    const result = CODE[op](operands, number(missing));
    return setValue(position, `Math.abs(result)<=${FLOAT_MAX}?result:${number(missing)}`, { result });
  });

/** Arithmetic over features declared before it: no words. A result that is not finite is the default. */
export const derived: Kind = {
  name: 'derived',
  schema: Type.Object({
    op: Type.Union(Object.keys(ARITY).map((op) => Type.Literal(op))),
    of: Type.Array(Type.Union([Type.String(), Type.Number()]), { minItems: 1, maxItems: 16 }),
  }),
  selects: false,
  exact: true,
  problem(spec) {
    const { op, of } = spec as DerivedSpec;
    const arity: number = ARITY[op];
    return arity === Number.POSITIVE_INFINITY || of.length === arity
      ? undefined
      : `\`${op}\` takes ${arity} operand(s), not ${of.length}`;
  },
  compile(spec, plan) {
    const { op, of } = spec as DerivedSpec;
    const operands = of.map((one) => (typeof one === 'number' ? one : { position: plan.feature(one) }));
    return reading(OPERATIONS, { op, of: operands, missing: spec.default ?? 0 });
  },
};
