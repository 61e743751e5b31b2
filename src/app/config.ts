import { existsSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { BeckonError } from '../base/errors.ts';
import { type Config, SETTINGS } from './config-schema.ts';
import { fromEnvironment, fromFile, fromFlags } from './config-sources.ts';

export interface ConfigSources {
  /** Flags by their names without dashes (`http-port`); `config` names the file. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: NodeJS.ProcessEnv;
  /** Working directory: where `beckon.yaml` is looked for, and what relative paths start from. */
  readonly folder: string;
}

/**
 * The configuration: flags over environment over file over defaults.
 * @returns complete, checked and frozen, `dataDir` and `pack` as absolute paths.
 * @throws BeckonError CONFIG_INVALID in the words of the one who wrote it
 */
export const loadConfig = (sources: ConfigSources): Config => {
  const file = fromFile(sources.flags.config as string | undefined, sources.folder);
  const fileLimits = (file.limits ?? {}) as Record<string, unknown>;
  const given = { ...file, ...fromEnvironment(sources.environment), ...fromFlags(sources.flags) };
  const config: Record<string, unknown> = {};
  const limits: Record<string, unknown> = {};
  for (const { key, standard } of SETTINGS) {
    if (key.startsWith('limits.')) limits[key.slice(7)] = fileLimits[key.slice(7)] ?? standard;
    else config[key] = given[key] ?? standard;
  }
  const complete = { ...config, limits: Object.freeze(limits) } as Config;
  crossCheck(complete);
  return Object.freeze({
    ...complete,
    dataDir: resolve(sources.folder, complete.dataDir),
    pack: packFolder(complete.pack, sources.folder),
  });
};

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|\[::1\]|localhost)$/;

const crossCheck = (config: Config): void => {
  const refuse = (message: string): never => {
    throw new BeckonError('CONFIG_INVALID', message);
  };
  const ports = [
    ['httpPort', config.httpPort],
    ['grpcPort', config.grpcPort],
    ['adminPort', config.adminPort],
  ] as const;
  for (const [name, port] of ports) {
    const twin = ports.find(([other, value]) => other !== name && port !== 0 && value === port);
    if (twin !== undefined) refuse(`${name} and ${twin[0]} are both ${port}; each needs a port of its own`);
  }
  if (!LOOPBACK.test(config.host) && !config.insecure)
    refuse(
      `host ${config.host} can be reached from other machines, and there is no authentication: ` +
        'bind to 127.0.0.1 behind a proxy that authenticates, or say --insecure',
    );
  const { limits } = config;
  const atMost: readonly (readonly [keyof Config['limits'], keyof Config['limits'], string])[] = [
    ['eventBytesMax', 'bodyBytesMax', 'an event has to fit into a body'],
    ['eventsPerRequestMax', 'groupEventsMax', 'the events of a request have to fit into a group'],
    ['groupEventsMax', 'pendingEventsMax', 'a group has to fit into the queue'],
  ];
  for (const [less, more, reason] of atMost)
    if (limits[less] > limits[more])
      refuse(`limits.${less} (${limits[less]}) must not be above limits.${more} (${limits[more]}): ${reason}`);
};

const INSTALLED_PACKS = resolve(import.meta.dirname, '../../models');

/** A pack with a separator in it, or that begins with a dot, is a path; a plain name is a pack of the installation. */
const packFolder = (pack: string, folder: string): string => {
  if (pack.includes('/') || pack.includes(sep) || pack.startsWith('.')) return resolve(folder, pack);
  const installed = join(INSTALLED_PACKS, pack);
  if (existsSync(installed)) return installed;
  const near = existsSync(resolve(folder, pack)) ? `; did you mean the folder ./${pack}?` : '';
  throw new BeckonError('CONFIG_INVALID', `pack ${pack} is not a pack of this installation${near}`);
};

/** For the log line at start: as configured, secrets replaced. */
export const redacted = (config: Config): Record<string, unknown> => {
  const shown: Record<string, unknown> = { ...config };
  for (const { key, schema } of SETTINGS)
    if ((schema as { secret?: boolean }).secret === true && shown[key] !== undefined) shown[key] = '[redacted]';
  return shown;
};
