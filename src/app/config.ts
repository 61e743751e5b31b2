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

export const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|\[::1\]|localhost)$/;

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
  crossCheckKafka(config, refuse);
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

const BROKER = /^(\[[\da-fA-F:.]+\]|[^\s:,]+):\d{1,5}$/;
const TOPIC = /^(?!\.{1,2}$)[\w.-]{1,249}$/;

const crossCheckKafka = (config: Config, refuse: (message: string) => never): void => {
  const { kafkaBrokers, kafkaLogTopic, kafkaSourceTopics, kafkaSaslMechanism } = config;
  for (const broker of listOf(kafkaBrokers))
    if (!BROKER.test(broker)) refuse(`kafkaBrokers: ${broker} is not host:port`);
  const topics = [kafkaLogTopic, config.kafkaDeadLetterTopic, ...listOf(kafkaSourceTopics)];
  for (const topic of topics) if (!TOPIC.test(topic)) refuse(`${JSON.stringify(topic)} is not a name of a Kafka topic`);
  const twin = topics.find((topic, i) => topics.indexOf(topic) !== i);
  if (twin !== undefined)
    refuse(`the topic ${twin} is named twice: the log, the dead letters and each source are topics of their own`);
  if (listOf(kafkaBrokers).length === 0 && topics.length > 2) refuse('kafkaSourceTopics needs kafkaBrokers');
  if (listOf(kafkaBrokers).length > 0 && config.clock === 'log')
    refuse('clock is log, and with kafkaBrokers the broker tells the time: leave one of them out');
  if ((kafkaSaslMechanism === 'none') !== (config.kafkaSaslUsername === ''))
    refuse('kafkaSaslMechanism and kafkaSaslUsername go together');
  if ((config.kafkaTlsCertFile === '') !== (config.kafkaTlsKeyFile === ''))
    refuse('kafkaTlsCertFile and kafkaTlsKeyFile go together');
  if (!config.kafkaTls && config.kafkaTlsCaFile + config.kafkaTlsCertFile !== '')
    refuse('kafkaTlsCaFile and kafkaTlsCertFile need kafkaTls');
};

/** The entries of a comma-separated setting. */
export const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

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
