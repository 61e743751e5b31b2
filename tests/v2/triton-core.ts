import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../support/free-port.ts';
import type { Owner } from '../support/service.ts';

const SCRIPT = fileURLToPath(new URL('./triton.py', import.meta.url));
const MISSING = `
import ctypes, importlib.util, sys
for name in ("numpy", "onnxruntime", "pytriton"):
    if importlib.util.find_spec(name) is None: sys.exit("that Python lacks " + name)
ctypes.CDLL("libpython%d.%d.so.1.0" % sys.version_info[:2])
`;

/** Why a Python cannot run the real Triton core; undefined where it can. */
export const whyNoTriton = async (python: string | undefined): Promise<string | undefined> => {
  if (python === undefined) return 'BECKON_TEST_TRITON_PYTHON names no Python';
  try {
    await promisify(execFile)(python, ['-c', MISSING]);
    return undefined;
  } catch (error) {
    const { stderr } = error as { stderr: string };
    return `no Triton core: ${stderr.trim().split('\n').at(-1)}`;
  }
};

/** The real Triton core, with the model of one bundle. */
export interface TritonCore {
  readonly http: string;
  readonly grpc: string;
  /** Of all its processes. */
  readonly pids: readonly number[];
}

/**
 * @param bundle folder
 * @param under a command that starts it, such as taskset
 * @returns when it answers; it ends with its owner
 */
export const startTriton = async (
  t: Owner,
  python: string,
  bundle: string,
  head: string,
  under: readonly string[] = [],
): Promise<TritonCore> => {
  const [http, grpc] = [await freePort(), await freePort()];
  const ports = ['--http-port', `${http}`, '--grpc-port', `${grpc}`];
  const [command, ...line] = [...under, python, SCRIPT, '--bundle', bundle, '--head', head, ...ports];
  const child = spawn(command, line, {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const complaints = text(child.stderr);
  const exited = once(child, 'close');
  t.after(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  const [ready] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), exited])) as [unknown];
  if (typeof ready !== 'string') throw new Error(`the Triton core did not start\n${await complaints}`);
  const { pids } = JSON.parse(ready) as { pids: number[] };
  return { http: `127.0.0.1:${http}`, grpc: `127.0.0.1:${grpc}`, pids };
};
