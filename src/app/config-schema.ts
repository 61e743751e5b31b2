import { type Static, type TProperties, type TSchema, Type } from 'typebox';
import { LIMITS } from '../base/limits.ts';

/** Limits that a business may set, with the smallest and largest value that the parts behind them can bear. */
const bounded = (name: keyof typeof LIMITS, minimum: number, maximum: number, description: string) =>
  Type.Integer({ minimum, maximum, default: LIMITS[name], description });

const closed = <P extends TProperties>(properties: P) => Type.Object(properties, { additionalProperties: false });

const LimitsSchema = closed({
  bodyBytesMax: bounded('bodyBytesMax', 1024, 64 * 1024 * 1024, 'Bytes of a request body'),
  eventsPerRequestMax: bounded('eventsPerRequestMax', 1, 10_000, 'Events of one request'),
  customersPerRequestMax: bounded('customersPerRequestMax', 1, 100_000, 'Customers of one request'),
  idBytesMax: bounded('idBytesMax', 1, 256, 'Bytes of an id'),
  eventBytesMax: bounded('eventBytesMax', 256, 1024 * 1024, 'Bytes of one event'),
  jsonDepthMax: bounded('jsonDepthMax', 6, 256, 'Nesting of a request body'),
  eventAheadMsMax: bounded('eventAheadMsMax', 0, 24 * 3600 * 1000, 'How far an event may lie ahead of the log time'),
  pendingEventsMax: bounded('pendingEventsMax', 1, 1_000_000, 'Events that may wait for the writer'),
  groupEventsMax: bounded('groupEventsMax', 1, 100_000, 'Events of one group commit'),
  rowsMax: bounded(
    'rowsMax',
    0,
    50_000_000,
    'Customers kept in memory; those changed least recently beyond it are read from disk. 0 keeps all',
  ),
  coldRowsRememberedMax: bounded(
    'coldRowsRememberedMax',
    1,
    10_000_000,
    'Rows read from disk that a serving thread remembers',
  ),
  dedupeWindowMs: bounded('dedupeWindowMs', 0, 366 * 24 * 3600 * 1000, 'How long an event id is remembered'),
  streamMessagesMax: bounded('streamMessagesMax', 1000, 100_000_000, 'Messages of the stream kept for resuming'),
  streamBacklogEventsMax: bounded(
    'streamBacklogEventsMax',
    0,
    100_000_000,
    'Events that the stream goes back for when it is first asked for',
  ),
  streamStallMsMax: bounded(
    'streamStallMsMax',
    100,
    600_000,
    'After how long a follower that takes nothing is cut off',
  ),
  dedupeIdsPerShardMax: bounded('dedupeIdsPerShardMax', 1, 16_000_000, 'Event ids remembered by one shard'),
});

const port = (description: string, standard: number) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: standard, description: `${description}; 0 picks a free one` });

const oneOf = <T extends string>(values: readonly [T, ...T[]], standard: T, description: string) =>
  Type.Enum([...values] as [T, ...T[]], { default: standard, description });

const durationMs = (standard: number, minimum: number, maximum: number, description: string) =>
  Type.Integer({ minimum, maximum, default: standard, description });

const text = (description: string, standard = '') => Type.String({ maxLength: 4096, default: standard, description });

/**
 * Every setting of the service: the one source of the checks, of the flags and variables, of their help and of
 * docs/configuration.md. A setting with `secret: true` is never printed.
 */
export const ConfigSchema = closed({
  host: Type.String({
    minLength: 1,
    maxLength: 255,
    default: '127.0.0.1',
    description: 'Address that all ports are bound to',
  }),
  httpPort: port('Port of the HTTP API', 8080),
  grpcPort: port('Port of the gRPC API', 8081),
  adminPort: port('Port of metrics and probes', 9090),
  dataDir: Type.String({
    minLength: 1,
    default: 'data',
    description: 'Folder of log and state; one process at a time may use it',
  }),
  pack: Type.String({
    minLength: 1,
    default: 'retail',
    description: 'Name of a pack under `models/` of the installation, or the path of a pack folder',
  }),
  servingThreads: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: 1,
    description: 'Threads that answer requests, all on the same port',
  }),
  logLevel: oneOf(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'info',
    'Least severe lines that are logged',
  ),
  clock: oneOf(
    ['wall', 'log'],
    'wall',
    'What *now* is: the time of the machine, or the greatest time in the log (for replays and tests)',
  ),
  streamEveryMs: durationMs(
    100,
    0,
    60_000,
    'How often customers of whom events told are scored for the stream of decisions; 0 switches the stream off',
  ),
  insecure: Type.Boolean({
    default: false,
    description: 'Allow an address that other machines can reach, without authentication',
  }),
  plans: Type.Boolean({
    default: true,
    description: 'Run models as plans of WebAssembly where these are proven; false leaves all of them to ONNX Runtime',
  }),
  requestTimeoutMs: durationMs(LIMITS.requestTimeoutMs, 100, 600_000, 'Whole request, from its first byte to its last'),
  // Orchestrators kill after 30 s; what is left after 20 s would not have ended in 10 more.
  shutdownTimeoutMs: durationMs(20_000, 0, 600_000, 'How long a stop waits for requests in flight'),
  kafkaBrokers: text('Brokers as `host:port`, comma-separated: the log is a Kafka topic; empty keeps it embedded'),
  kafkaLogTopic: text('Topic that is the log; made where there is none', 'beckon.events'),
  kafkaSourceTopics: text('Topics of others whose CloudEvents are taken in, comma-separated'),
  kafkaDeadLetterTopic: text(
    'Topic of messages that could not be applied; made where there is none',
    'beckon.dead-letters',
  ),
  kafkaDecisionsTopic: text(
    'Topic that changed decisions and fired triggers go to; made where there is none. Empty: they go to none',
    'beckon.decisions',
  ),
  kafkaGroup: text('Consumer group of the source topics; client id on the brokers', 'beckon'),
  kafkaClient: oneOf(['platformatic', 'kafkajs'], 'platformatic', 'Library that talks with the brokers'),
  kafkaTls: Type.Boolean({ default: false, description: 'Talk with the brokers over TLS' }),
  kafkaTlsCaFile: text('PEM file of the authorities that sign the brokers; empty trusts those that Node trusts'),
  kafkaTlsCertFile: text('PEM file of the certificate that Beckon shows'),
  kafkaTlsKeyFile: text('PEM file of its key'),
  kafkaSaslMechanism: oneOf(['none', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'], 'none', 'How Beckon says who it is'),
  kafkaSaslUsername: text('User of SASL'),
  kafkaSaslPassword: Type.String({ default: '', description: 'Password of SASL', secret: true }),
  logRetentionMs: Type.Integer({
    minimum: 0,
    maximum: 100 * 366 * 24 * 3600 * 1000,
    default: 0,
    description: 'How long the embedded log is kept, as far as checkpoints hold what it says; 0 for ever',
  }),
  checkpointEveryEvents: Type.Integer({
    minimum: 0,
    maximum: 1_000_000_000,
    default: 2_000_000,
    description: 'Events between two checkpoints of the state; 0 makes none while the service runs',
  }),
  checkpointEveryMs: durationMs(600_000, 0, 7 * 24 * 3600 * 1000, 'Time between two checkpoints; 0 for no such time'),
  checkpointAtStop: Type.Boolean({
    default: true,
    description: 'Make a checkpoint when the service stops, so that the next start reads no log',
  }),
  limits: LimitsSchema,
});

/** The checked, complete and frozen configuration. `dataDir` and `pack` are as they were given. */
export type Config = Readonly<Omit<Static<typeof ConfigSchema>, 'limits'>> & {
  readonly limits: Readonly<Static<typeof LimitsSchema>>;
};

export interface Setting {
  /** Path in `beckon.yaml`: `httpPort`, `limits.bodyBytesMax`. */
  readonly key: string;
  /**
   * `http-port`; limits have none: a line too many for the help of every command, set once for a business. Secrets have none
   * either: whoever lists processes sees flags.
   */
  readonly flag: string | undefined;
  /** `BECKON_HTTP_PORT`, `KAFKA_BROKERS`; limits have none. */
  readonly variable: string | undefined;
  readonly schema: TSchema;
  readonly standard: unknown;
  readonly description: string;
  readonly kind: 'integer' | 'boolean' | 'string';
}

/** What is about Kafka is named as other programs name it. */
const variableOf = (words: string): string => (words.startsWith('KAFKA_') ? words : `BECKON_${words}`);

const describe = (key: string, schema: TSchema): Setting => {
  const annotated = schema as TSchema & { type?: string; default: unknown; description: string; secret?: boolean };
  const words = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const nested = key.includes('.');
  return {
    key,
    flag: nested || annotated.secret === true ? undefined : words,
    variable: nested ? undefined : variableOf(words.replaceAll('-', '_').toUpperCase()),
    schema,
    standard: annotated.default,
    description: annotated.description,
    kind: annotated.type === 'integer' || annotated.type === 'boolean' ? annotated.type : 'string',
  };
};

/** Every setting, in the order of the schema, limits last. */
export const SETTINGS: readonly Setting[] = Object.entries(ConfigSchema.properties).flatMap(([key, schema]) =>
  key === 'limits'
    ? Object.entries(LimitsSchema.properties).map(([name, inner]) => describe(`limits.${name}`, inner))
    : [describe(key, schema)],
);
