import type { Command } from './command.ts';
import { POLICIES, readOptions } from './simulation/options.ts';

export const command: Command = {
  usage: 'simulate [--customers N] [--days D] [--seed S] [--market MARKET] [--policy POLICY] --out FILE',
  description: `Lives the lives of a market's customers and tells what a shop would see of them: orders, looks, contacts, calls.
What they are is hidden: needs, prices, hours, irritation. The same options give the same bytes.

Policies: ${POLICIES.join(', ')}. docs/simulation.md says what each does.`,
  options: {
    customers: { type: 'string', value: 'N', default: '1000', help: 'How many people' },
    days: { type: 'string', value: 'D', default: '90', help: 'Days of decisions, after the market\u2019s history' },
    seed: { type: 'string', value: 'S', default: '1', help: 'Other people, other luck' },
    market: { type: 'string', value: 'MARKET', default: 'plain', help: 'plain, drift, shifted, or a file' },
    policy: { type: 'string', value: 'POLICY', default: 'logging', help: 'Who decides about contacts' },
    out: { type: 'string', value: 'FILE', help: 'Write events here, one CloudEvent a line' },
  },
  async run(args, io) {
    const options = readOptions(args, io);
    const { loadMarket } = await import('../simulation/market.ts');
    const { simulate, TOGETHER } = await import('../simulation/simulate.ts');
    const { policyOf } = await import('./simulation/policies.ts');
    const { FileSink } = await import('./simulation/file-sink.ts');
    const { startProgress } = await import('./progress.ts');
    const market = loadMarket(options.market);
    const { customers, days, seed } = options;
    const sink = new FileSink(options.out!);
    const progress = startProgress(io, 'simulate', customers * (days + market.historyDays), 'events');
    try {
      const { figures } = await simulate({
        market,
        customers,
        days,
        seed,
        policy: policyOf(options.policy),
        sink,
        together: TOGETHER,
        onProgress: (lived, events) => progress.update(lived, events),
      });
      io.stdout.write(`${figures.events} events of ${customers} customers over ${market.historyDays} + ${days} days\n`);
    } finally {
      progress.stop();
      sink.close();
    }
    return 0;
  },
};
