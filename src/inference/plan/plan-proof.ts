import { LIMITS } from '../../base/limits.ts';
import { inputWidth, type Manifest, outputWidth } from '../manifest.ts';

/** Scores rows: `HeadSession.run`. */
export type Run = (input: Float32Array, rows: number, output: Float32Array) => void;

const RANDOM_ROWS = 1536;
/** How far outside of its range an input may lie, in widths of the range. */
const OUTSIDE = 3;
const EXTREMES = [0, -0, 1, -1, 1e-30, 1e9, -1e9, 1e30, -1e30, Infinity, -Infinity, Number.NaN];
/** Where a model has more inputs, several of them are extreme in one row. */
const EXTREME_INPUTS_MAX = 128;
/** The retail models take 0.1 s; who takes so long must not seem to hang. */
const PROOF_MS_MAX = 5000;

/**
 * How far a plan may be from ONNX Runtime: by this, or by this share of a number above 1. Both add float32 up in an order of
 * their own, and on rows that a wide network has never seen ONNX Runtime is itself 2e-6 from the exact probability.
 */
const TOLERANCE = 1e-5;

/**
 * A plan that was never farther from ONNX Runtime than this may speak for it where others hold its answers against their
 * own ONNX Runtime, to 1e-6: rows that the proof has not seen may then be four times as far apart.
 */
export const ALIKE_MAX = 2.5e-7;

/** What came of comparing a plan with ONNX Runtime. */
export interface PlanProof {
  /** What differs first; undefined where the plan may take the place of ONNX Runtime for decisions. */
  readonly problem: string | undefined;
  /** How far the two were apart at most, measured as the tolerance is. */
  readonly apart: number;
}

/**
 * Compares a plan with ONNX Runtime on rows inside and outside of the ranges of training and at their edges, where every
 * row must also have the same bits alone as in its batch.
 */
export const comparePlan = (manifest: Manifest, reference: Run, plan: Run): PlanProof => {
  const [width, answers] = [inputWidth(manifest), outputWidth(manifest)];
  const [wanted, got] = [
    new Float32Array(LIMITS.scoreChunkRows * answers),
    new Float32Array(LIMITS.scoreChunkRows * answers),
  ];
  const alone = new Float32Array(answers);
  const until = performance.now() + PROOF_MS_MAX;
  let apart = 0;
  const failed = (problem: string): PlanProof => ({ problem, apart: Infinity });
  for (const chunk of chunks(proofRows(manifest))) {
    const input = Float32Array.from(chunk.flat());
    if (performance.now() > until)
      return failed(`the comparison with ONNX Runtime takes more than ${PROOF_MS_MAX / 1000} s`);
    reference(input, chunk.length, wanted);
    plan(input, chunk.length, got);
    for (const [row, numbers] of chunk.entries()) {
      plan(input.subarray(row * width), 1, alone);
      for (const [column, { name }] of manifest.output.columns.entries()) {
        const [a, b] = [wanted[row * answers + column], got[row * answers + column]];
        const told = (): string =>
          `for "${name}" on the inputs ${numbers.slice(0, 8).join(', ')}${width > 8 ? ' …' : ''}`;
        const distance = distanceOf(a, b);
        if (!(distance <= TOLERANCE)) return failed(`it gives ${b} and ONNX Runtime ${a} ${told()}`);
        if (!Object.is(alone[column], b))
          return failed(`it gives ${b} in a batch and ${alone[column]} alone ${told()}`);
        apart = Math.max(apart, distance);
      }
    }
  }
  return { problem: undefined, apart };
};

/** NaN where only `b` is none. */
const distanceOf = (a: number, b: number): number => {
  if (Object.is(a, b) || a === b) return 0;
  return Number.isFinite(a) ? Math.abs(a - b) / Math.max(1, Math.abs(a)) : Infinity;
};

function* chunks(rows: Iterable<number[]>): Generator<number[][]> {
  let chunk: number[][] = [];
  for (const row of rows) {
    if (chunk.push(row) < LIMITS.scoreChunkRows) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function* proofRows({ input, context }: Manifest): Generator<number[]> {
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
  yield standard;
  yield inputs.map(({ min }) => min);
  yield inputs.map(({ max }) => max);
  const groups = Math.min(inputs.length, EXTREME_INPUTS_MAX);
  for (const extreme of EXTREMES) {
    yield inputs.map(() => extreme);
    for (let group = 0; group < groups; group++)
      yield standard.map((value, i) => (i % groups === group ? extreme : value));
  }
  for (let row = 0; row < RANDOM_ROWS; row++) yield drawn(row);
}

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
