import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BeckonError } from '../base/errors.ts';
import type { Command, CommandArgs } from './command.ts';
import { configOptions } from './config-options.ts';

export const command: Command = {
  usage: 'demo [--customers N] [--days D] [--seed S] [--seconds-a-day T]',
  description: `Starts the service on a data directory that goes when the demo goes, and lets a simulated market live with it: a year
of its past at full speed, then day by day. Each morning the service is asked what to do with whom, over which channel and
when, and whom to call; the market does it and lives with the consequences. Ctrl-C ends it.`,
  options: {
    customers: { type: 'string', value: 'N', default: '600', help: 'People of the market' },
    days: { type: 'string', value: 'D', default: '120', help: 'Days of decisions' },
    seed: { type: 'string', value: 'S', default: '7', help: 'Other people, other luck' },
    'seconds-a-day': { type: 'string', value: 'T', default: '3', help: 'How long a day of the market takes' },
    ...configOptions(['httpPort', 'grpcPort', 'adminPort', 'logLevel']),
  },
  async run(args, io) {
    const customers = numberOf(args, 'customers', 1, 100_000);
    const days = numberOf(args, 'days', 1, 3650);
    const seed = numberOf(args, 'seed', 0, 0xffff_ffff);
    const dayMs = numberOf(args, 'seconds-a-day', 0, 3600) * 1000;
    const { loadConfig } = await import('../app/config.ts');
    const { Engine } = await import('../app/engine.ts');
    const { createLogger } = await import('../telemetry/logger.ts');
    const { Lines } = await import('./demo/lines.ts');
    const { runDemo } = await import('./demo/run.ts');
    const { Screen } = await import('./demo/screen.ts');
    const { version } = await import('./version.ts');

    const ended = new AbortController();
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ended.abort());
    const dataDir = mkdtempSync(join(tmpdir(), 'beckon-demo-'));
    // Also where the reader of a pipe has gone, and the process ends at once.
    process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }));
    // A port that is taken must not stop a demo: any free one does.
    const free = { 'http-port': '0', 'grpc-port': '0', 'admin-port': '0', 'log-level': 'error' };
    const flags = { ...free, ...args.values, 'data-dir': dataDir, clock: 'log' };
    const config = loadConfig({ flags, environment: {}, folder: io.folder });
    const logger = createLogger({ level: config.logLevel });
    const engine = new Engine({ config, version, logger, onFailure: (error) => ended.abort(error) });
    try {
      const { http } = await engine.start();
      const url = `http://${http}`;
      io.stdout.write(`Beckon answers at ${url} (${url}/docs)\n`);
      const isScreen = io.stdout.isTTY === true;
      const openShow = () => (isScreen ? new Screen(io, `${url}/docs`) : new Lines(io));
      const outcome = await runDemo({ url, customers, days, seed, dayMs, signal: ended.signal }, openShow, io);
      io.stdout.write(
        `${outcome.events} events, ${outcome.decisions} decisions, ${outcome.contacts} of them to contact somebody\n`,
      );
      await engine.stop();
    } catch (error) {
      engine.abandon();
      throw error;
    }
    if (ended.signal.reason instanceof BeckonError) throw ended.signal.reason;
    return 0;
  },
};

const numberOf = ({ values }: CommandArgs, name: string, min: number, max: number): number => {
  const value = Number(values[name]);
  if (values[name] !== '' && value >= min && value <= max && (name === 'seconds-a-day' || Number.isInteger(value)))
    return value;
  throw new BeckonError('USAGE', `--${name} must be a number from ${min} to ${max}, not ${values[name]}`);
};
