import { resolve } from 'node:path';
import { BeckonError } from '../../base/errors.ts';
import { suggest } from '../../base/suggest.ts';
import type { CommandArgs, CommandIo } from '../command.ts';

export const POLICIES = ['logging', 'random', 'rules', 'oracle', 'hold', 'beckon'] as const;

export interface SimulationOptions {
  readonly customers: number;
  readonly days: number;
  readonly seed: number;
  /** Seeds from `seed` on that are lived. */
  readonly seeds: number;
  /** A market of ours by name, or the path of a file. */
  readonly market: string;
  readonly policy: (typeof POLICIES)[number];
  readonly out: string | undefined;
  readonly truth: string | undefined;
  readonly url: string | undefined;
  readonly state: string | undefined;
  readonly report: boolean;
  readonly worth: boolean;
}

/** @throws BeckonError USAGE */
export const readOptions = ({ values, positionals }: CommandArgs, io: CommandIo): SimulationOptions => {
  if (positionals.length > 0) throw usage(`${positionals[0]} is not an option; see beckon simulate --help`);
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const path = (name: string): string | undefined => {
    const given = text(name);
    return given === undefined ? undefined : resolve(io.folder, given);
  };
  const market = text('market') ?? 'plain';
  const options: SimulationOptions = {
    customers: whole('customers', text('customers'), 1, 100_000_000),
    days: whole('days', text('days'), 1, 3650),
    seed: whole('seed', text('seed'), 0, 0xffff_ffff),
    seeds: whole('seeds', text('seeds'), 1, 1000),
    market: /[/.]/.test(market) ? resolve(io.folder, market) : market,
    policy: policyName(text('policy') ?? 'logging'),
    out: path('out'),
    truth: path('truth'),
    url: text('url'),
    state: path('state'),
    report: values.report === true,
    worth: values.worth === true,
  };
  const problem = contradiction(options);
  if (problem !== undefined) throw usage(problem);
  return options;
};

const contradiction = (options: SimulationOptions): string | undefined => {
  const { out, truth, url, state, report, worth, seeds, policy } = options;
  const writes = out !== undefined || truth !== undefined || url !== undefined || state !== undefined;
  if (!writes && !report && !worth)
    return 'nothing would come of it: give --out, --url, --state, --truth, --report or --worth';
  if (policy === 'beckon' && url === undefined) return '--policy beckon needs --url: it asks a service';
  if (seeds > 1 && writes) return '--seeds is for --report and --worth; events are those of one seed';
  return undefined;
};

const usage = (message: string): BeckonError => new BeckonError('USAGE', message);

const policyName = (given: string): SimulationOptions['policy'] => {
  const known = POLICIES.find((name) => name === given);
  if (known !== undefined) return known;
  const near = suggest(given, POLICIES);
  throw usage(
    `unknown policy ${given}; ${near === undefined ? `one of ${POLICIES.join(', ')}` : `did you mean ${near}?`}`,
  );
};

const whole = (name: string, text: string | undefined, min: number, max: number): number => {
  const value = /^\d{1,10}$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw usage(`--${name} must be a whole number from ${min} to ${max}, not ${text}`);
};
