import { BeckonError } from '../base/errors.ts';
import { suggest } from '../base/suggest.ts';
import type { Command } from './command.ts';
import { configOptions } from './config-options.ts';
import { LOG_OPTION } from './data-folder.ts';
import type { Inspection } from './inspection.ts';

interface Thing {
  /** What has to be said beside the thing's name, such as a customer's id. */
  readonly subject?: string;
  load(): Promise<Inspection>;
}

const THINGS: Readonly<Record<string, Thing>> = {
  state: { load: async () => (await import('./inspect-state.ts')).inspectState },
  customer: { subject: 'ID', load: async () => (await import('./inspect-customer.ts')).inspectCustomer },
  log: { load: async () => (await import('./inspect-log.ts')).inspectLog },
  checkpoints: { load: async () => (await import('./inspect-checkpoints.ts')).inspectCheckpoints },
  bundle: { subject: 'PATH', load: async () => (await import('./inspect-bundle.ts')).inspectBundle },
};

export const command: Command = {
  usage: 'inspect state | customer ID | log | checkpoints | bundle PATH [--url http://HOST:PORT]',
  description: `Prints as JSON:
  state        customers, events applied (without duplicates), log offset, bytes of a row, hash of the state
  customer ID  what is known of a customer: features and consents
  log          groups, events by type, offsets and times
  checkpoints  the state at some offsets in files: which can be used for a start, and why not
  bundle PATH  what a model says of itself, whether it is proven, and with what hash

state and customer fold the log of the data directory, on which no service may run then, or with --url ask a service.
log, checkpoints and bundle only read.`,
  options: {
    url: { type: 'string', value: 'URL', help: 'Ask this service instead of the data directory' },
    at: { type: 'string', value: 'TIME', help: 'customer: features as of this time instead of now' },
    ...LOG_OPTION,
    ...configOptions(['dataDir', 'pack', 'clock']),
  },
  async run(args, io) {
    const [name, subject, ...rest] = args.positionals;
    const thing = thingNamed(name);
    if (thing.subject !== undefined && subject === undefined)
      throw new BeckonError(
        'USAGE',
        `inspect ${name} needs ${thing.subject === 'ID' ? 'an ID' : `a ${thing.subject}`}`,
      );
    const extra = thing.subject === undefined ? subject : rest[0];
    if (extra !== undefined) throw new BeckonError('USAGE', `inspect ${name} does not take ${extra}`);
    const inspection = await thing.load();
    const found = await inspection(subject ?? '', args, io);
    io.stdout.write(`${JSON.stringify(found, undefined, io.stdout.isTTY === true ? 2 : undefined)}\n`);
    return 0;
  },
};

const thingNamed = (name: string | undefined): Thing => {
  const names = Object.keys(THINGS);
  if (name !== undefined && Object.hasOwn(THINGS, name)) return THINGS[name];
  const near = name === undefined ? undefined : suggest(name, names);
  const hint = near === undefined ? `one of ${names.join(', ')}` : `did you mean ${near}?`;
  throw new BeckonError('USAGE', name === undefined ? `inspect what? ${hint}` : `cannot inspect ${name}; ${hint}`);
};
