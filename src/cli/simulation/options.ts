import { resolve } from 'node:path';
import { BeckonError } from '../../base/errors.ts';
import { suggest } from '../../base/suggest.ts';
import type { CommandArgs, CommandIo } from '../command.ts';

export const POLICIES = ['logging', 'random', 'rules'] as const;

export interface SimulationOptions {
  readonly customers: number;
  readonly days: number;
  readonly seed: number;
  /** A market of ours by name, or the path of a file. */
  readonly market: string;
  readonly policy: (typeof POLICIES)[number];
  readonly out: string | undefined;
}

/** @throws BeckonError USAGE */
export const readOptions = ({ values, positionals }: CommandArgs, io: CommandIo): SimulationOptions => {
  if (positionals.length > 0)
    throw new BeckonError('USAGE', `${positionals[0]} is not an option; see beckon simulate --help`);
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const path = (name: string): string | undefined => {
    const given = text(name);
    return given === undefined ? undefined : resolve(io.folder, given);
  };
  const policy = text('policy') ?? 'logging';
  if (!(POLICIES as readonly string[]).includes(policy)) {
    const near = suggest(policy, POLICIES);
    throw new BeckonError(
      'USAGE',
      `unknown policy ${policy}; ${near === undefined ? `one of ${POLICIES.join(', ')}` : `did you mean ${near}?`}`,
    );
  }
  const market = text('market') ?? 'plain';
  const options: SimulationOptions = {
    customers: whole('customers', text('customers'), 1, 100_000_000),
    days: whole('days', text('days'), 1, 3650),
    seed: whole('seed', text('seed'), 0, 0xffff_ffff),
    market: /[/.]/.test(market) ? resolve(io.folder, market) : market,
    policy: policy as SimulationOptions['policy'],
    out: path('out'),
  };
  if (options.out === undefined) throw new BeckonError('USAGE', 'nothing would come of it: give --out FILE');
  return options;
};

const whole = (name: string, text: string | undefined, min: number, max: number): number => {
  const value = /^\d{1,10}$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new BeckonError('USAGE', `--${name} must be a whole number from ${min} to ${max}, not ${text}`);
};
