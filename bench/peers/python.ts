import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A Python with the packages of a list, made below a folder when it is first asked for; a changed list is installed anew.
 * @param python that makes it. @returns the path of its interpreter. @throws Error with what pip said
 */
export const pythonWith = (requirements: string, folder: string, python: string): string => {
  const hash = createHash('sha256').update(readFileSync(requirements)).update(python).digest('hex');
  const mark = join(folder, 'installed');
  const own = join(folder, 'bin/python');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === hash) return own;
  rmSync(folder, { recursive: true, force: true });
  runOrThrow(python, ['-m', 'venv', folder]);
  runOrThrow(own, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  writeFileSync(mark, hash);
  return own;
};

const runOrThrow = (command: string, args: readonly string[]): void => {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr.slice(-500)}`);
};
