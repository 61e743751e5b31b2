import './no-telemetry.ts';
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { BeckonError } from '../base/errors.ts';
import { inputWidth, outputWidth } from './manifest.ts';
import { NoPlan } from './plan/no-plan.ts';
import { makePlan } from './plan/plan.ts';
import { ProofCache } from './proof-cache.ts';
import type { PlanReport, ProveJob, ProveReport } from './prove-child.ts';
import { refusal } from './refusal.ts';
import type { Bundle } from './repository.ts';
import { onnxRuntimeVersion } from './session.ts';

/** A slow machine under load starts Node and loads a large model in a few seconds; a hang lasts for ever. */
const TIMEOUT_MS = 20_000;
const STDERR_CHARS_MAX = 500;

const CHILD = fileURLToPath(new URL('./prove-child.ts', import.meta.url));

/**
 * Loads and runs a bundle for the first time, in a process of its own: names and shapes against the manifest, golden rows
 * alone and in one batch, finite outputs on rows at the edges.
 * @param options.plans whether to make a plan and to compare it with ONNX Runtime; default true.
 * @param options.cachePath file that remembers what was proven with this version of ONNX Runtime; such a bundle is not
 * tried again.
 * @returns the bundle with its plan, or why it has none.
 * @throws BeckonError BUNDLE_REFUSED with what was wrong: also where the model crashes its process or does not end in time.
 */
export const prove = async (
  bundle: Bundle,
  options: { timeoutMs?: number; cachePath?: string; plans?: boolean } = {},
): Promise<Bundle> => {
  const cache = options.cachePath === undefined ? undefined : new ProofCache(options.cachePath);
  const candidate = options.plans === false ? { ...bundle, noPlan: 'plans are switched off' } : withPlan(bundle);
  const { plan } = candidate;
  // What was compared is the very code that will run: another version of Beckon that makes the same need not try again.
  const code = plan === undefined ? '' : ` plan ${createHash('sha256').update(plan.module).digest('hex')}`;
  const key = `${bundle.sha256} onnxruntime ${onnxRuntimeVersion} ${process.platform} ${process.arch}${code}`;
  let outcome: PlanReport | undefined = cache?.get(key);
  if (outcome === undefined) {
    outcome = (await tryInChild(candidate, options.timeoutMs ?? TIMEOUT_MS)).plan ?? {};
    cache?.set(key, outcome);
  }
  const { refused, apart } = outcome;
  if (refused !== undefined) return { ...bundle, noPlan: `its plan is not taken: ${refused}` };
  return apart === undefined ? candidate : { ...candidate, planApart: apart };
};

const withPlan = (bundle: Bundle): Bundle => {
  const { manifest, model } = bundle;
  try {
    return { ...bundle, plan: makePlan(model, { input: inputWidth(manifest), output: outputWidth(manifest) }) };
  } catch (error) {
    if (error instanceof NoPlan) return { ...bundle, noPlan: error.message };
    throw error;
  }
};

const tryInChild = ({ id, manifest, golden, model, plan }: Bundle, timeoutMs: number): Promise<ProveReport> =>
  new Promise((resolve, reject) => {
    const child = fork(CHILD, [], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let report: ProveReport | undefined;
    let stderr = '';
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.on('message', (message: ProveReport) => {
      report = message;
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_CHARS_MAX);
    });
    child.once('error', (cause) => {
      clearTimeout(timer);
      reject(refusal(id, `the process to prove it in cannot be started: ${cause.message}`, { cause }));
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (report?.refused !== undefined)
        reject(new BeckonError('BUNDLE_REFUSED', report.refused, { details: { bundle: id } }));
      else if (report !== undefined) resolve(report);
      else if (late) reject(refusal(id, `model.onnx did not load and run within ${timeoutMs / 1000} s`));
      else {
        const how = `${signal ?? `exit code ${code}`}${stderr === '' ? '' : `: ${stderr.trim()}`}`;
        reject(refusal(id, `model.onnx crashed the process that ran it (${how})`));
      }
    });
    child.send({ id, manifest, golden, model, plan } satisfies ProveJob, () => {
      // A child that is gone before it was asked is reported by its close.
    });
  });
