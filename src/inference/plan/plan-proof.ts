import { LIMITS } from '../../base/limits.ts';
import { inputWidth, type Manifest, outputWidth } from '../manifest.ts';

/** Scores rows: `HeadSession.run`. */
export type Run = (input: Float32Array, rows: number, output: Float32Array) => void;

const RANDOM_ROWS = 1536;
/** How far outside of its range an input may lie, in widths of the range. */
const OUTSIDE = 3;
const EXTREMES = [0, -0, 1, -1, 1e-30, 1e9, -1e9, 1e30, -1e30, Infinity, -Infinity, Number.NaN];

/**
 * How far a plan may be from ONNX Runtime: by this, or by this share of a number above 1. Both add float32 up in an order of
 * their own, and on rows that a wide network has never seen ONNX Runtime is itself 2e-6 from the exact probability.
 */
const TOLERANCE = 1e-5;

/**
 * Compares a plan with ONNX Runtime on rows inside and outside of the ranges of training and at their edges, where every
 * row must also have the same bits alone as in its batch.
 * @returns what differs first, or undefined where the plan may take the place of ONNX Runtime.
 */
export const planProblem = (manifest: Manifest, reference: Run, plan: Run): string | undefined => {
  const [width, answers] = [inputWidth(manifest), outputWidth(manifest)];
  const rows = proofRows(manifest);
  const [wanted, got] = [new Float32Array(LIMITS.scoreChunkRows * answers), new Float32Array(rows.length * answers)];
  const alone = new Float32Array(answers);
  for (let from = 0; from < rows.length; from += LIMITS.scoreChunkRows) {
    const chunk = rows.slice(from, from + LIMITS.scoreChunkRows);
    const input = Float32Array.from(chunk.flat());
    reference(input, chunk.length, wanted);
    plan(input, chunk.length, got);
    for (const [row, numbers] of chunk.entries()) {
      plan(input.subarray(row * width), 1, alone);
      for (const [column, { name }] of manifest.output.columns.entries()) {
        const [a, b] = [wanted[row * answers + column], got[row * answers + column]];
        const told = `for "${name}" on the inputs ${numbers.slice(0, 8).join(', ')}${width > 8 ? ' …' : ''}`;
        if (!isNear(a, b)) return `it gives ${b} and ONNX Runtime ${a} ${told}`;
        if (!Object.is(alone[column], b)) return `it gives ${b} in a batch and ${alone[column]} alone ${told}`;
      }
    }
  }
  return undefined;
};

const isNear = (a: number, b: number): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a));

const proofRows = ({ input, context }: Manifest): number[][] => {
  const inputs = [...input.features, ...context].map(({ default: standard, min = standard, max = standard }) => ({
    standard,
    min,
    max,
    width: max - min,
  }));
  const random = randomNumbers();
  const drawn = (row: number): number[] =>
    inputs.map(({ standard, min, width }) => {
      const part = random();
      switch (row % 4) {
        case 0:
          return min + width * part;
        // Counts and amounts lie near the lower end of their range.
        case 1:
          return min + width * part ** 8;
        case 2:
          return part < 0.8 ? standard : min + width * random();
        default:
          return min + width * (part * (2 * OUTSIDE + 1) - OUTSIDE);
      }
    });
  const standard = inputs.map((it) => it.standard);
  const edges = EXTREMES.flatMap((extreme) => [
    inputs.map(() => extreme),
    ...inputs.map((_, changed) => standard.map((value, i) => (i === changed ? extreme : value))),
  ]);
  return [
    standard,
    inputs.map(({ min }) => min),
    inputs.map(({ max }) => max),
    ...edges,
    ...Array.from({ length: RANDOM_ROWS }, (_, row) => drawn(row)),
  ];
};

/** Numbers from 0 to 1, the same in every proof. */
const randomNumbers = (): (() => number) => {
  let state = 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
};
