import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RUNNER_ENVIRONMENT } from './runner-environment.ts';
import { tempFolder } from './temp-folder.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
/** A service that has not ended by then hangs. */
const STOP_MS_MAX = 30_000;

export interface ServiceOptions {
  /** Flags after `start --data-dir … --http-port 0 --grpc-port 0 --admin-port 0`; of two equal flags the last one counts. */
  readonly args?: readonly string[];
  /** Beside what the runner gives, the whole environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** A folder of the test; otherwise a new one, removed after the service has ended. */
  readonly dataDir?: string;
  /** A command that starts it, such as strace; it must let the service take over its process. */
  readonly under?: readonly string[];
  /** Told the process before it is ready. */
  readonly spawned?: (child: ChildProcess) => void;
}

/** Who ends what was started: a test, or a program that collects what is to be done at its end. */
export type Owner = Pick<TestContext, 'after'>;

/** How a process ended; a signal where there is no exit code. */
export type Exit = number | NodeJS.Signals;

/** A real service process on ports of its own. */
export interface Service {
  /** `127.0.0.1:port` of the API. */
  readonly http: string;
  /** `127.0.0.1:port` of the gRPC API. */
  readonly grpc: string;
  /** `127.0.0.1:port` of probes and metrics. */
  readonly admin: string;
  readonly dataDir: string;
  readonly process: ChildProcess;
  /** All that it wrote so far. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** SIGTERM. Ended already: how it ended. */
  stop(): Promise<Exit>;
  /** SIGKILL, as a crash would end it. */
  kill9(): Promise<Exit>;
}

/** Starts a service and waits until it says that it is ready; it ends with the test at the latest. */
export const startService = async (t: Owner, options: ServiceOptions = {}): Promise<Service> => {
  const started = launch(t, options);
  const { process: child, output, exited, dataDir } = started;
  const addresses = await Promise.race([started.ready, exited]);
  if (typeof addresses !== 'object')
    throw new Error(`the service ended (${addresses}) before it was ready\n${output.stdout}${output.stderr}`);
  return {
    ...addresses,
    dataDir,
    process: child,
    output,
    async stop() {
      child.kill('SIGTERM');
      const late = AbortSignal.timeout(STOP_MS_MAX);
      const hung = once(late, 'abort').then(() => {
        throw new Error(`the service did not stop within ${STOP_MS_MAX} ms\n${output.stdout}${output.stderr}`);
      });
      return Promise.race([exited, hung]);
    },
    kill9() {
      child.kill('SIGKILL');
      return exited;
    },
  };
};

/** Starts a service that is not expected to become ready. @returns how it ended and what it wrote */
export const failingService = async (
  t: Owner,
  options: ServiceOptions = {},
): Promise<{ exit: Exit; stdout: string; stderr: string }> => {
  const { exited, output } = launch(t, options);
  const exit = await exited;
  return { exit, ...output };
};

const launch = (t: Owner, options: ServiceOptions) => {
  const { args = [], env = {}, dataDir: given, under = [], spawned } = options;
  // Hooks run in the order in which they were added: the process ends before its folder goes.
  t.after(() => end());
  const dataDir = given ?? tempFolder(t);
  const ports = ['--data-dir', dataDir, '--http-port', '0', '--grpc-port', '0', '--admin-port', '0'];
  const [command, ...line] = [...under, process.execPath, MAIN, 'start', ...ports, ...args];
  const child = spawn(command, line, { env: { ...RUNNER_ENVIRONMENT, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  spawned?.(child);
  const output = { stdout: '', stderr: '' };
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as Exit);
  const end = async (): Promise<void> => {
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), 5000);
    await exited;
    clearTimeout(killer);
  };
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const ready = Promise.withResolvers<{ http: string; grpc: string; admin: string }>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    output.stdout += `${line}\n`;
    if (!line.includes('"msg":"ready"')) return;
    const { http, grpc, admin } = JSON.parse(line) as { http: string; grpc: string; admin: string };
    ready.resolve({ http, grpc, admin });
  });
  return { process: child, output, exited, ready: ready.promise, dataDir };
};
