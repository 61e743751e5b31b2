import { parseArgs } from 'node:util';
import { BeckonError } from '../base/errors.ts';
import { suggest } from '../base/suggest.ts';
import type { Command, CommandArgs } from './command.ts';

/** @throws BeckonError USAGE, with the option that was probably meant */
export const parseArguments = (command: Command, argv: readonly string[]): CommandArgs => {
  const options = { ...command.options, help: { type: 'boolean', short: 'h' } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, strict: true, allowPositionals: true });
    return { values: values as CommandArgs['values'], positionals };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('ERR_PARSE_ARGS_')) throw error;
    const option = code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? /'--([^' ]+)/.exec(message)?.[1] : undefined;
    if (option === undefined) throw new BeckonError('USAGE', message, { cause: error });
    const near = suggest(option, Object.keys(options));
    throw new BeckonError(
      'USAGE',
      `unknown option --${option}${near === undefined ? '' : `; did you mean --${near}?`}`,
      {
        cause: error,
      },
    );
  }
};
