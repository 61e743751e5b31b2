import { makeAllYoung } from '../base/garbage.ts';
import type { Command } from './command.ts';
import { configOptions } from './config-options.ts';

export const command: Command = {
  usage: 'start [options]',
  description: `Starts the service. When it is ready, one line on stdout says so with its addresses.
SIGTERM and SIGINT stop it: it is not ready, answers what is under way, closes its log, and exits with 0.`,
  options: configOptions(),
  async run(args, io) {
    makeAllYoung();
    const { loadConfig, redacted } = await import('../app/config.ts');
    const config = loadConfig({ flags: args.values, environment: io.environment, folder: io.folder });
    const { createLogger } = await import('../telemetry/logger.ts');
    const { Engine } = await import('../app/engine.ts');
    const { version } = await import('./version.ts');
    const logger = createLogger({ level: config.logLevel });
    const { promise: failed, reject: fail } = Promise.withResolvers<never>();
    failed.catch(() => {});
    logger.info({ version, config: redacted(config) }, 'starting');
    const stopAsked = new Promise<void>((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
    });
    const engine = new Engine({ config, version, logger, onFailure: fail });
    try {
      const addresses = await Promise.race([engine.start(), failed, stopAsked]);
      if (addresses === undefined) {
        // Nothing was answered yet, so nothing has to be ended in order: what is durable stays so.
        logger.info({}, 'stopped while starting');
        logger.flush();
        engine.abandon();
        return 0;
      }
      logger.info({ ...addresses, pack: config.pack, dataDir: config.dataDir }, 'ready');
      await Promise.race([stopAsked, failed]);
    } catch (error) {
      logger.fatal({ err: (error as Error).message }, 'failed');
      logger.flush();
      engine.abandon();
      throw error;
    }
    logger.info({}, 'stopping');
    const late = new Promise<'late'>((resolve) => setTimeout(resolve, config.shutdownTimeoutMs, 'late').unref());
    const outcome = await Promise.race([engine.stop(), late]);
    if (outcome === 'late') {
      logger.warn({}, 'requests were still under way when the time to stop was over');
      engine.abandon();
    }
    logger.info({}, 'stopped');
    logger.flush();
    return 0;
  },
};
