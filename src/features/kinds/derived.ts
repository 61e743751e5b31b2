import Type from 'typebox';
import type { FeatureSpec, Kind } from '../kind.ts';
import { type Form, positionsOf, reading } from '../reading.ts';

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

/** What is done with the value so far and the next operand. */
const STEP = { start: 0, plus: 1, minus: 2, times: 3, over: 4, min: 5, max: 6, atLeast: 7, log1p: 8 } as const;
type Step = (typeof STEP)[keyof typeof STEP];

/** The steps of each operation, the last of them for all operands that are left. */
const STEPS: Readonly<Record<keyof typeof ARITY, readonly Step[]>> = {
  ratio: [STEP.start, STEP.over],
  difference: [STEP.start, STEP.minus],
  log1p: [STEP.log1p],
  clamp: [STEP.start, STEP.max, STEP.min],
  atLeast: [STEP.start, STEP.atLeast],
  sum: [STEP.plus],
  product: [STEP.start, STEP.times],
  min: [STEP.start, STEP.min],
  max: [STEP.start, STEP.max],
};

interface Operation {
  readonly op: keyof typeof ARITY;
  /** Positions of features that are read before, or numbers. */
  readonly of: readonly ({ readonly position: number } | number)[];
  readonly missing: number;
}

const NUMBER = -1;
const FLOAT_MAX = 3.4e38;

const OPERATIONS: Form<Operation> = (features) => {
  const positions = positionsOf(features);
  const missing = Float64Array.from(features, (feature) => feature.missing);
  const all = features.flatMap(({ op, of }) =>
    of.map((one, i) => ({ one, step: STEPS[op][Math.min(i, STEPS[op].length - 1)] })),
  );
  const steps = Int32Array.from(all, ({ step }) => step);
  const operands = Int32Array.from(all, ({ one }) => (typeof one === 'number' ? NUMBER : one.position));
  const numbers = Float64Array.from(all, ({ one }) => (typeof one === 'number' ? one : 0));
  const ends = Int32Array.from(features, (_, i) => features.slice(0, i + 1).flatMap(({ of }) => of).length);
  return (_row, { values }) => {
    for (let i = 0, at = 0; i < positions.length; i++) {
      let value = 0;
      for (const end = ends[i]; at < end; at++) {
        const next = operands[at] === NUMBER ? numbers[at] : values[operands[at]];
        switch (steps[at] as Step) {
          case STEP.start:
            value = next;
            break;
          case STEP.plus:
            value += next;
            break;
          case STEP.minus:
            value -= next;
            break;
          case STEP.times:
            value *= next;
            break;
          case STEP.over:
            value = next === 0 ? missing[i] : value / next;
            break;
          case STEP.min:
            value = Math.min(value, next);
            break;
          case STEP.max:
            value = Math.max(value, next);
            break;
          case STEP.atLeast:
            value = Number(value >= next);
            break;
          case STEP.log1p:
            value = Math.log1p(Math.max(0, next));
        }
      }
      values[positions[i]] = Math.abs(value) <= FLOAT_MAX ? value : missing[i];
    }
  };
};

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
