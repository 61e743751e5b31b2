import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Where processes run: what is measured on one core, what asks it on another. */
export interface Placement {
  /** undefined: not pinned. */
  readonly serverCore: number | undefined;
  readonly clientCore: number | undefined;
  /** For the report. */
  readonly text: string;
}

/** The first core that this process may use for the server, the last for the client. */
export const placement = (): Placement => {
  const cores = allowedCores();
  const hasTaskset = spawnSync('taskset', ['--version']).status === 0;
  if (cores.length < 2 || !hasTaskset) {
    const why = hasTaskset ? 'there is only one core' : 'there is no taskset here';
    return { serverCore: undefined, clientCore: undefined, text: `not pinned: ${why}` };
  }
  const serverCore = cores[0];
  const clientCore = cores[cores.length - 1];
  return { serverCore, clientCore, text: `server on core ${serverCore}, client on core ${clientCore} (taskset)` };
};

/** Nothing is pinned beside a service of which nobody says where it runs. */
export const UNPINNED: Placement = {
  serverCore: undefined,
  clientCore: undefined,
  text: 'not pinned: the service runs where it runs, the ceiling on this machine',
};

/** A command that runs on this core. */
export const pinned = (core: number | undefined, command: readonly string[]): [string, string[]] => {
  const [file, ...rest] = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  return [file, rest];
};

/** Nothing where the system does not say. */
const allowedCores = (): number[] => {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
    return list.split(',').flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
  } catch {
    return [];
  }
};
