import type { Doors } from './libraries.ts';

/** What each room of src may import. Arrows point down only; a room may always import itself. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  events: ['base'],
  features: ['events', 'base'],
  log: ['events', 'base'],
  state: ['log', 'features', 'events', 'base'],
  // Knows no customers and no features: rows of numbers in, numbers out.
  inference: ['base'],
  packs: ['features', 'events', 'base'],
  decisions: ['packs', 'inference', 'features', 'events', 'base'],
  learning: ['decisions', 'packs', 'state', 'log', 'features', 'events', 'base'],
  // What it knows is its own: the service must not learn from the truth.
  simulation: ['events', 'base'],
  serving: ['learning', 'decisions', 'packs', 'inference', 'state', 'features', 'events', 'base'],
  // A program's side of the wire: types of the service, and of its code what reads messages and names errors.
  client: ['serving', 'decisions', 'events', 'base'],
  // Listens on diagnostics_channel, so that nobody in the domain has to know it.
  telemetry: ['base'],
  app: [
    'serving',
    'telemetry',
    'learning',
    'decisions',
    'packs',
    'inference',
    'state',
    'log',
    'features',
    'events',
    'base',
  ],
  cli: [
    'app',
    'simulation',
    'serving',
    'telemetry',
    'learning',
    'decisions',
    'packs',
    'inference',
    'state',
    'log',
    'features',
    'events',
    'base',
  ],
};

/** The one place of src in which each library may be imported. */
export const DOORS: Doors = {
  'node:sqlite': ['src/log/'],
  'node:worker_threads': ['src/app/'],
  'node:child_process': ['src/inference/'],
  'node:cluster': [],
  'onnxruntime-node': ['src/inference/session.ts'],
  fastify: ['src/serving/http/', 'src/serving/v2/'],
  '@fastify/swagger': ['src/serving/http/'],
  '@fastify/swagger-ui': ['src/serving/http/'],
  '@grpc/grpc-js': ['src/serving/grpc/', 'src/client/'],
  '@grpc/proto-loader': ['src/serving/grpc/door.ts'],
  '@grpc/reflection': ['src/serving/grpc/door.ts'],
  'grpc-health-check': ['src/serving/grpc/door.ts'],
  '@bufbuild/protobuf': ['src/serving/grpc/', 'src/inference/generated/'],
  pino: ['src/telemetry/logger.ts'],
  'prom-client': ['src/telemetry/'],
  piscina: ['src/app/'],
  kafkajs: ['src/log/kafkajs-client.ts'],
  '@platformatic/kafka': ['src/log/platformatic-'],
  'lru-cache': ['src/state/cold-reader.ts'],
  yaml: ['src/base/yaml.ts'],
  '@marcbachmann/cel-js': ['src/packs/rules.ts'],
  ajv: ['src/base/schema-check.ts'],
  'csv-parse': ['src/cli/', 'src/learning/'],
  'hyparquet-writer': ['src/learning/parquet.ts'],
  'cli-progress': ['src/cli/'],
  'fastest-levenshtein': ['src/base/suggest.ts'],
  // Every schema is written with it, in the room that owns the shape.
  typebox: ['src/'],
};

/** Dependencies that no import names, and how they are used instead. */
export const USED_WITHOUT_IMPORT: Readonly<Record<string, string>> = {
  'pino-pretty': 'pino loads it by name as its transport on a terminal',
  node: 'npm scripts run it',
  typescript: 'npm run typecheck',
  '@bufbuild/buf': 'npm run generate and npm run lint look at the definitions under proto/ with it',
  'ts-proto': 'a plugin of buf: npm run generate',
  'google-proto-files': 'definitions of rich errors, for npm run generate',
  '@biomejs/biome': 'npm run lint',
};

/** Files of src that only tests and benchmarks reach, and why they stand in src. */
export const REACHED_BY_TESTS_ONLY: Readonly<Record<string, string>> = {
  'src/log/memory-log.ts': 'the second implementation that keeps the contract of the log honest',
};

/** Rooms that live on log time and event time. */
export const ROOMS_WITHOUT_CLOCK: readonly string[] = ['state', 'features'];
