import type { Command } from './command.ts';
import { configOptions } from './config-options.ts';
import { POLICIES, readOptions } from './simulation/options.ts';

export const command: Command = {
  usage: 'simulate [--customers N] [--days D] [--seed S] [--market MARKET] [--policy POLICY] …',
  description: `Lives the lives of a market's customers and tells what a shop would see of them: orders, looks, contacts, calls.
What they are stays hidden: needs, prices, hours, irritation. The same options give the same bytes. What comes of it is
at least one of --out, --url, --state, --truth, --report and --worth.

Policies: ${POLICIES.join(', ')}. See docs/simulation.md.`,
  options: {
    customers: { type: 'string', value: 'N', default: '1000', help: 'How many people' },
    days: { type: 'string', value: 'D', default: '90', help: 'Days of decisions, after the history of the market' },
    seed: { type: 'string', value: 'S', default: '1', help: 'Other people, other luck' },
    market: { type: 'string', value: 'MARKET', default: 'plain', help: 'plain, drift, shifted, or a file' },
    policy: { type: 'string', value: 'POLICY', default: 'logging', help: 'Who decides about contacts' },
    out: { type: 'string', value: 'FILE', help: 'Write events here, one CloudEvent a line' },
    truth: { type: 'string', value: 'FILE', help: 'Write what is hidden here: a line a decision and a customer' },
    url: { type: 'string', value: 'URL', help: 'Post events to this service, in the order of time' },
    state: { type: 'string', value: 'DIR', help: 'Make a data directory of the events' },
    report: { type: 'boolean', help: 'Print the anchors from practice beside figures of the run' },
    worth: { type: 'boolean', help: 'Live the seeds with the rivals too, and print what the policy is worth' },
    seeds: { type: 'string', value: 'K', default: '1', help: 'Live K seeds from --seed on, for --report and --worth' },
    ...configOptions(['pack']),
  },
  async run(args, io) {
    const options = readOptions(args, io);
    const { loadMarket } = await import('../simulation/market.ts');
    const { runSimulation } = await import('./simulation/run.ts');
    return runSimulation(loadMarket(options.market), options, args, io);
  },
};
