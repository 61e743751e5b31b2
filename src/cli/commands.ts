import type { Command } from './command.ts';

export interface CommandEntry {
  readonly name: string;
  /** One line, no full stop. */
  readonly summary: string;
  load(): Promise<{ readonly command: Command }>;
}

/** Every command, in the order of the help. A command is one file and its line here, so that help loads none of them. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'start', summary: 'Start the service', load: () => import('./start.ts') },
  { name: 'demo', summary: 'Watch the service decide for a simulated market', load: () => import('./demo.ts') },
  { name: 'replay', summary: 'Send the events of files to a service', load: () => import('./replay.ts') },
  { name: 'import', summary: 'Turn a CSV file of yours into events', load: () => import('./import.ts') },
  { name: 'simulate', summary: 'Make events of a market whose truth is known', load: () => import('./simulate.ts') },
  { name: 'export', summary: 'Write features as they were, and what came later', load: () => import('./export.ts') },
  { name: 'inspect', summary: 'Look at the state, a customer, a log or a model', load: () => import('./inspect.ts') },
  { name: 'backup', summary: 'Copy the log, also of a running service', load: () => import('./backup.ts') },
  { name: 'restore', summary: 'Make a data directory of a backup', load: () => import('./restore.ts') },
  {
    name: 'dead-letters',
    summary: 'Look at events that could not be applied, and send them again',
    load: () => import('./dead-letters.ts'),
  },
  { name: 'apply', summary: 'Put another pack in force in a running service', load: () => import('./apply.ts') },
  { name: 'check', summary: 'Check configuration, pack and models', load: () => import('./check.ts') },
];
