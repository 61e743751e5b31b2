import { BeckonError } from '../base/errors.ts';
import type { Golden, Manifest } from './manifest.ts';
import { comparePlan } from './plan/plan-proof.ts';
import { refusal } from './refusal.ts';
import type { Bundle } from './repository.ts';
import { HeadSession } from './session.ts';

/** The process in which a model runs for the first time: it may hang or crash here without harm. See prove.ts. */

/** What the parent sends, and what it gets back unless this process hangs or dies. */
export type ProveJob = Pick<Bundle, 'id' | 'manifest' | 'golden' | 'model' | 'plan'>;
export interface ProveReport {
  /** Message of the refusal; undefined where the bundle is proven. */
  readonly refused: string | undefined;
  /** Of a bundle that is proven, where there was a plan. */
  readonly plan?: PlanReport | undefined;
}

/** What came of trying a plan. */
export interface PlanReport {
  /** Why it is not taken. */
  readonly refused?: string | undefined;
  /** How far it was from ONNX Runtime at most, where it is taken. */
  readonly apart?: number | undefined;
}

/** Far outside of what any feature is, yet small enough that a sound float32 graph stays finite. */
const LARGE = 1e9;

process.once('message', (job: ProveJob) => {
  process.send!(report(job), () => process.disconnect());
});

const report = (job: ProveJob): ProveReport => {
  try {
    const session = HeadSession.open({ ...job, plan: undefined });
    try {
      const problem = goldenProblem(session, job.golden) ?? edgeProblem(session, job.manifest);
      if (problem !== undefined) return { refused: refusal(job.id, problem).message };
      return { refused: undefined, plan: job.plan && compareWith(session, job) };
    } finally {
      session.release();
    }
  } catch (thrown) {
    const { message, cause } = thrown as Error;
    return {
      refused:
        thrown instanceof BeckonError && thrown.code === 'BUNDLE_REFUSED' ? message : failed(job, message, cause),
    };
  }
};

/** Whether the plan is as good as ONNX Runtime. */
const compareWith = (reference: HeadSession, job: ProveJob): PlanReport => {
  try {
    const plan = HeadSession.open(job);
    const run = (session: HeadSession) => session.run.bind(session);
    const refused = goldenProblem(plan, job.golden) ?? edgeProblem(plan, job.manifest);
    if (refused !== undefined) return { refused };
    const { problem, apart } = comparePlan(job.manifest, run(reference), run(plan));
    return problem === undefined ? { apart } : { refused: problem };
  } catch (thrown) {
    const { message, cause } = thrown as Error;
    return { refused: cause instanceof Error ? `${message} ${cause.message}` : message };
  }
};

const failed = (job: ProveJob, message: string, cause: unknown): string =>
  refusal(job.id, cause instanceof Error ? `${message} ${cause.message}` : message).message;

const goldenProblem = (session: HeadSession, { rows, expected, tolerance }: Golden): string | undefined => {
  const width = session.outputWidth;
  const whole = new Float32Array(rows.length * width);
  session.run(Float32Array.from(rows.flat()), rows.length, whole);
  const alone = new Float32Array(width);
  for (const [row, input] of rows.entries()) {
    session.run(Float32Array.from(input), 1, alone);
    for (const [column, { name }] of session.columns.entries()) {
      const wanted = expected[row][column];
      for (const [got, how] of [
        [alone[column], 'alone'],
        [whole[row * width + column], `in a batch of ${rows.length}`],
      ] as const) {
        if (Math.abs(got - wanted) <= tolerance) continue;
        return `golden row ${row} ${how} gives ${got} for "${name}", but golden.json expects ${wanted} (tolerance ${tolerance})`;
      }
    }
  }
  return undefined;
};

const edgeProblem = (session: HeadSession, { input, context }: Manifest): string | undefined => {
  const inputs = [...input.features, ...context];
  const edges: [string, number[]][] = [
    ['all inputs at their default', inputs.map((it) => it.default)],
    ['all inputs at their minimum', inputs.map((it) => it.min ?? it.default)],
    ['all inputs at their maximum', inputs.map((it) => it.max ?? it.default)],
    ['all inputs at 0', inputs.map(() => 0)],
    [`all inputs at ${LARGE}`, inputs.map(() => LARGE)],
    [`all inputs at ${-LARGE}`, inputs.map(() => -LARGE)],
    [`inputs at ${LARGE} and ${-LARGE} by turns`, inputs.map((_, i) => (i % 2 === 0 ? LARGE : -LARGE))],
  ];
  const output = new Float32Array(session.outputWidth);
  for (const [what, row] of edges) {
    session.run(Float32Array.from(row), 1, output);
    for (const [column, { name, kind }] of session.columns.entries()) {
      const value = output[column];
      if (!Number.isFinite(value)) return `a row with ${what} gives ${value} for "${name}"`;
      if (kind === 'propensity' && (value < 0 || value > 1)) {
        return `a row with ${what} gives ${value} for "${name}", which is said to be a propensity (0 to 1)`;
      }
    }
  }
  return undefined;
};
