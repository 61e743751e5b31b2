import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { RUNNER_ENVIRONMENT } from '../support/runner-environment.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface CommandRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real command as a process of its own, without a terminal. */
export const runCommand = async (
  args: readonly string[],
  options: { environment?: Record<string, string>; folder?: string } = {},
): Promise<CommandRun> => {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.folder,
    env: { ...RUNNER_ENVIRONMENT, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: code as number, stdout, stderr };
};
