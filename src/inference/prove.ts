import './no-telemetry.ts';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { BeckonError } from '../base/errors.ts';
import { ProofCache } from './proof-cache.ts';
import type { ProveJob, ProveReport } from './prove-child.ts';
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
 * @param options.cachePath file that remembers what was proven with this version of ONNX Runtime; such a bundle is not
 * tried again.
 * @throws BeckonError BUNDLE_REFUSED with what was wrong: also where the model crashes its process or does not end in time.
 */
export const prove = async (
  bundle: Bundle,
  options: { timeoutMs?: number; cachePath?: string } = {},
): Promise<void> => {
  const cache = options.cachePath === undefined ? undefined : new ProofCache(options.cachePath);
  const key = `${bundle.sha256} onnxruntime ${onnxRuntimeVersion} ${process.platform} ${process.arch}`;
  if (cache?.has(key)) return;
  await tryInChild(bundle, options.timeoutMs ?? TIMEOUT_MS);
  cache?.add(key);
};

const tryInChild = ({ id, manifest, golden, model }: Bundle, timeoutMs: number): Promise<void> =>
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
      else if (report !== undefined) resolve();
      else if (late) reject(refusal(id, `model.onnx did not load and run within ${timeoutMs / 1000} s`));
      else {
        const how = `${signal ?? `exit code ${code}`}${stderr === '' ? '' : `: ${stderr.trim()}`}`;
        reject(refusal(id, `model.onnx crashed the process that ran it (${how})`));
      }
    });
    child.send({ id, manifest, golden, model } satisfies ProveJob, () => {
      // A child that is gone before it was asked is reported by its close.
    });
  });
