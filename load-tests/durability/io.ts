import type { CommandIo } from '../../src/cli/command.ts';

/** Where progress goes. */
export const IO: CommandIo = {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  folder: process.cwd(),
};
