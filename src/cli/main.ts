#!/usr/bin/env node
import './node-version.mjs';
import { BeckonError, type ErrorCode } from '../base/errors.ts';
import { suggest } from '../base/suggest.ts';
import { parseArguments } from './arguments.ts';
import type { CommandIo } from './command.ts';
import { COMMANDS } from './commands.ts';
import { commandHelp, overview } from './help.ts';
import { version } from './version.ts';

/** The one who called can mend these by calling otherwise. */
const CALLED_WRONGLY: readonly ErrorCode[] = ['USAGE', 'CONFIG_INVALID'];

const run = async (argv: readonly string[], io: CommandIo): Promise<number> => {
  const [name, ...rest] = argv;
  if (name === '--help' || name === '-h') {
    io.stdout.write(overview(COMMANDS, version));
    return 0;
  }
  if (name === '--version') {
    io.stdout.write(`${version}\n`);
    return 0;
  }
  if (name === undefined) throw new BeckonError('USAGE', 'no command given; see beckon --help');
  const entry = COMMANDS.find((command) => command.name === name);
  if (entry === undefined) {
    const known = [...COMMANDS.map((command) => command.name), '--help', '--version'];
    const near = suggest(name, known);
    const hint = near === undefined ? 'see beckon --help' : `did you mean ${near}?`;
    throw new BeckonError('USAGE', `unknown ${name.startsWith('-') ? 'option' : 'command'} ${name}; ${hint}`);
  }
  const { command } = await entry.load();
  const args = parseArguments(command, rest);
  if (args.values.help === true) {
    io.stdout.write(commandHelp(entry, command));
    return 0;
  }
  return command.run(args, io);
};

const fail = (error: unknown, io: CommandIo): number => {
  if (error instanceof BeckonError) {
    io.stderr.write(`beckon: ${error.code}: ${error.message}\n`);
    return CALLED_WRONGLY.includes(error.code) ? 2 : 1;
  }
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  const debugging = ['debug', 'trace'].includes(io.environment.BECKON_LOG_LEVEL ?? '');
  io.stderr.write(`beckon: INTERNAL: ${debugging && stack !== undefined ? stack : message}\n`);
  if (!debugging) io.stderr.write('BECKON_LOG_LEVEL=debug shows where\n');
  return 1;
};

const io: CommandIo = {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  folder: process.cwd(),
};
// `beckon inspect … | head` closes the pipe: nobody is left to read, so there is nothing to complain about.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });

try {
  process.exitCode = await run(process.argv.slice(2), io);
} catch (error) {
  process.exitCode = fail(error, io);
}
