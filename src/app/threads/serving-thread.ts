import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { wallClock } from '../../base/clock.ts';
import { setLimits } from '../../base/limits.ts';
import { Followers } from '../../serving/followers.ts';
import { GrpcDoor } from '../../serving/grpc/door.ts';
import { Door } from '../../serving/http/door.ts';
import { outboxPathOf } from '../../state/data-dir.ts';
import { OutboxReader } from '../../state/outbox-reader.ts';
import { Status } from '../../state/status.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { createMetrics, METRICS_CONTENT_TYPE } from '../../telemetry/metrics.ts';
import { LOOPBACK } from '../config.ts';
import { isOnKafka } from '../kafka.ts';
import { openPackServer, type PackServer, type ThreadParts } from '../pack-server.ts';
import { notReadyReason, readiness } from '../readiness.ts';
import { giveBackMemory } from './give-back.ts';
import { Link } from './link.ts';
import type { ScoringThreadData } from './scoring-thread-data.ts';
import { WriterClient } from './writer-client.ts';

/** A serving thread: a listener of its own on the shared port, reading the shared rows. */
export interface ServingThreadData extends ScoringThreadData {
  readonly name: string;
  readonly version: string;
  readonly writerPort: MessagePort;
}

const { name, version, writerPort, ...first } = workerData as ServingThreadData;
const { config } = first;
setLimits(config.limits);
const logger = createLogger({ level: config.logLevel, thread: name });
const metrics = createMetrics(name);
const status = new Status(first.memory.status);
const options = { bodyBytesMax: config.limits.bodyBytesMax, requestTimeoutMs: config.requestTimeoutMs, version };
let isDraining = false;

const describe = (cause: unknown): { message: string; stack?: string } =>
  cause instanceof Error ? { message: cause.message, stack: cause.stack } : { message: String(cause) };

/** The pack that requests are answered with, and one that is ready to take its place. */
let serving: PackServer;
let next: PackServer | undefined;
/** Packs whose last requests are still being answered. */
const leaving = new Set<Promise<void>>();

const link = new Link(parentPort as MessagePort, {
  listen: (port: number) => door.listen({ host: config.host, port, reusePort: config.servingThreads > 1 }),
  listenGrpc: (port: number) => grpcDoor.listen({ host: config.host, port, reusePort: config.servingThreads > 1 }),
  metrics: () => metrics.part(),
  async preparePack(data: Omit<ScoringThreadData, 'config'>) {
    next = await openPackServer({ ...data, config }, thread, options);
  },
  changePack() {
    const before = serving;
    serving = next as PackServer;
    next = undefined;
    door.change(serving);
    grpcDoor.change(serving);
    const left = before.close();
    leaving.add(left);
    void left.then(() => leaving.delete(left));
  },
  /** @returns when the packs before this one are closed */
  async forgetPacks() {
    await Promise.all(leaving);
    setImmediate(giveBackMemory);
  },
  async forgetPack() {
    const prepared = next;
    next = undefined;
    await prepared?.close();
  },
  drain() {
    isDraining = true;
  },
  async stop() {
    followers.close();
    await Promise.all([door.close(), grpcDoor.close()]);
    await Promise.all([serving.close(), next?.close(), ...leaving]);
    outbox?.close();
    metrics.close();
    writerPort.close();
    logger.flush();
  },
});

let outbox: OutboxReader | undefined;
const followers = new Followers((cause) => thread.onInternal(cause));

const thread: ThreadParts = {
  stream: {
    async outbox() {
      if (outbox !== undefined) return outbox;
      await link.ask('openStream');
      outbox ??= new OutboxReader(outboxPathOf(config.dataDir));
      return outbox;
    },
    followers,
  },
  sink: new WriterClient(writerPort, status, wallClock),
  overseer: {
    metrics: () => link.ask<string>('metrics'),
    metricsContentType: METRICS_CONTENT_TYPE,
    state: () => link.ask('state'),
    changePack: (ask) => link.ask('changePack', ask),
    packChange: () => link.ask('packChange'),
  },
  status,
  notReady: () => notReadyReason(status, isDraining),
  readiness: () => readiness(status, isDraining, isOnKafka(config), wallClock.nowMs()),
  onInternal(cause) {
    logger.error({ err: describe(cause) }, 'internal error');
  },
};

serving = await openPackServer(first, thread, options);
const door = new Door(serving, options, thread.onInternal);
const grpcDoor = new GrpcDoor(serving, {
  version,
  messageBytesMax: config.limits.bodyBytesMax,
  stopTimeoutMs: config.requestTimeoutMs,
  hasReflection: LOOPBACK.test(config.host),
});

await link.ask('started');
