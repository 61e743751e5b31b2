import type { Writable } from 'node:stream';
import type { ParseArgsOptionDescriptor } from 'node:util';

/** A command line option, as `parseArgs` takes it, with what its help says. */
export interface CommandOption extends ParseArgsOptionDescriptor {
  /** One line, no full stop. */
  readonly help: string;
  /** What stands for the value in the help: `PORT`. Only for options that take one. */
  readonly value?: string;
}

export interface CommandArgs {
  /** By option name; absent where not given and without a default. */
  readonly values: Readonly<Record<string, string | boolean | string[] | undefined>>;
  readonly positionals: readonly string[];
}

/** The world of a command, so that tests can hand in another one. */
export interface CommandIo {
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly environment: NodeJS.ProcessEnv;
  /** Working directory. */
  readonly folder: string;
}

/** What a command's file exports as `command`. Its name and summary stand in `commands.ts`, its heavy imports in `run`. */
export interface Command {
  /** After `beckon `: `replay FILE… --format F [options]`. */
  readonly usage: string;
  /** Sentences below the usage line. */
  readonly description?: string;
  readonly options: Readonly<Record<string, CommandOption>>;
  /** @returns the exit code: 0, or 1 where it failed and has said why. A BeckonError is printed by the caller. */
  run(args: CommandArgs, io: CommandIo): Promise<number>;
}
