import type { AddressInfo } from 'node:net';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { wallClock } from '../../base/clock.ts';
import { setLimits } from '../../base/limits.ts';
import { FeatureReader } from '../../features/read.ts';
import { compilePack } from '../../packs/pack.ts';
import { decisionStringifier } from '../../serving/http/decision-schema.ts';
import { httpServer } from '../../serving/http/server.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { createMetrics, METRICS_CONTENT_TYPE } from '../../telemetry/metrics.ts';
import { notReadyReason } from '../readiness.ts';
import { openScoring } from '../scoring.ts';
import { openColdReader, viewState } from '../shared-state.ts';
import { Link } from './link.ts';
import type { ScoringThreadData } from './scoring-thread-data.ts';
import { WorkerPool } from './worker-pool.ts';
import { WriterClient } from './writer-client.ts';

/** A serving thread: a listener of its own on the shared port, reading the shared rows. */
export interface ServingThreadData extends ScoringThreadData {
  readonly name: string;
  readonly version: string;
  readonly writerPort: MessagePort;
}

/** Node's option, which Fastify passes on. */
type ListenOptions = { host: string; port: number; reusePort: boolean };

const { config, source, memory, bundles, name, version, writerPort } = workerData as ServingThreadData;
setLimits(config.limits);
const logger = createLogger({ level: config.logLevel, thread: name });
const metrics = createMetrics(name);
const pack = compilePack(source);
const view = viewState(pack, memory);
const cold = openColdReader(pack, view);
const { registry, decider, clock, schema } = await openScoring(config, pack, bundles, view, cold);
const pool = new WorkerPool({ config, source, memory, bundles });
let isDraining = false;

const link = new Link(parentPort as MessagePort, {
  async listen(port: number) {
    const options: ListenOptions = { host: config.host, port, reusePort: config.servingThreads > 1 };
    await app.listen(options);
    return (app.server.address() as AddressInfo).port;
  },
  metrics: () => metrics.part(),
  drain() {
    isDraining = true;
  },
  async stop() {
    await app.close();
    await pool.close();
    await registry.close();
    cold?.close();
    metrics.close();
    writerPort.close();
    logger.flush();
  },
});

const app = await httpServer(
  { bodyBytesMax: config.limits.bodyBytesMax, requestTimeoutMs: config.requestTimeoutMs, version },
  {
    decider,
    reader: new FeatureReader(pack.plan, view.tables, undefined, cold),
    registry,
    pack,
    clock,
    pool,
    status: view.status,
    sink: new WriterClient(writerPort, view.status, wallClock),
    overseer: {
      metrics: () => link.ask<string>('metrics'),
      metricsContentType: METRICS_CONTENT_TYPE,
      state: () => link.ask('state'),
    },
    stringifyDecision: decisionStringifier(schema),
    notReady: () => notReadyReason(view.status, isDraining),
    onInternal(cause) {
      logger.error({ err: describe(cause) }, 'internal error');
    },
  },
  schema,
);

const describe = (cause: unknown): { message: string; stack?: string } =>
  cause instanceof Error ? { message: cause.message, stack: cause.stack } : { message: String(cause) };

await link.ask('started');
