import type { Command, CommandOption } from './command.ts';
import type { CommandEntry } from './commands.ts';

const pad = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
};

export const overview = (commands: readonly CommandEntry[], version: string): string => `beckon ${version}

Usage: beckon COMMAND [options]

Commands:
${pad(commands.map(({ name, summary }) => [name, summary]))}

Options:
${pad([
  ['-h, --help', 'This help, or that of a command'],
  ['--version', 'The version'],
])}

Exit codes: 0 done, 1 failed, 2 called wrongly.
`;

const left = (name: string, option: CommandOption): string =>
  `${option.short === undefined ? '' : `-${option.short}, `}--${name}${option.value === undefined ? '' : ` ${option.value}`}`;

const right = (option: CommandOption): string =>
  `${option.help}${option.default === undefined || option.default === false ? '' : ` (default ${option.default})`}`;

export const commandHelp = (entry: CommandEntry, command: Command): string => `${entry.summary}.

Usage: beckon ${command.usage}
${command.description === undefined ? '' : `\n${command.description}\n`}
Options:
${pad([
  ...Object.entries(command.options).map(([name, option]) => [left(name, option), right(option)] as const),
  ['-h, --help', 'This help'],
])}
`;
