import { loadConfig } from '../../src/app/config.ts';
import type { Config } from '../../src/app/config-schema.ts';

/** The settings of a service with its log in the data directory. */
export const configOf = (pack: string, dataDir: string): Config =>
  loadConfig({ flags: { pack, 'data-dir': dataDir }, environment: {}, folder: '.' });
