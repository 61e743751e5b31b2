import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { wallClock } from '../base/clock.ts';
import { BeckonError, ERRORS, type ErrorCode } from '../base/errors.ts';
import { LIMITS, setLimits } from '../base/limits.ts';
import type { Shard } from '../features/shard.ts';
import { prove } from '../inference/prove.ts';
import { type Bundle, readBundles } from '../inference/repository.ts';
import type { PackChange, PackChangeAsk } from '../packs/pack-change.ts';
import { adminServer } from '../serving/http/admin.ts';
import { readAppliedPacks, writeAppliedPacks } from '../state/applied-packs.ts';
import { coldPathOf, type DataDir } from '../state/data-dir.ts';
import type { Logger } from '../telemetry/logger.ts';
import {
  createMetrics,
  METRICS_CONTENT_TYPE,
  type Metrics,
  type MetricsPart,
  metricsText,
  type ShardFacts,
  type SharedLogFacts,
} from '../telemetry/metrics.ts';
import type { Config } from './config-schema.ts';
import { isOnKafka } from './kafka.ts';
import { openDataDir } from './open-data-dir.ts';
import { PackChanger, type ServedPack } from './pack-changer.ts';
import { readiness } from './readiness.ts';
import { makeStateMemory, type StateView, viewState } from './shared-state.ts';
import type { StateFacts } from './state-facts.ts';
import { StreamControl } from './stream-control.ts';
import { giveBackMemory } from './threads/give-back.ts';
import type { IntakeThreadData } from './threads/intake-thread.ts';
import type { ServingThreadData } from './threads/serving-thread.ts';
import { endThread, startThread, type Thread } from './threads/thread.ts';
import type { WriterThreadData } from './threads/writer-thread.ts';

const PROOFS_FILE = 'proven-bundles.json';

/** Where the doors are: `host:port`. */
export interface Addresses {
  readonly http: string;
  readonly grpc: string;
  readonly admin: string;
}

export interface EngineOptions {
  readonly config: Config;
  readonly version: string;
  readonly logger: Logger;
  /** Told once where a thread failed; the process must end. */
  readonly onFailure: (error: Error) => void;
}

/**
 * The service in one process: this thread supervises and keeps the admin door, one thread writes, others serve. What
 * it starts, it stops in reverse.
 */
export class Engine {
  private readonly options: EngineOptions;
  private dataDir!: DataDir;
  private served!: ServedPack;
  private view!: StateView;
  private metrics!: Metrics;
  private writer!: Thread;
  private readonly serving: Thread[] = [];
  /** Where there are sources. */
  private intake: Thread | undefined;
  private admin!: ReturnType<typeof adminServer>;
  /** Once all threads serve. */
  private changer: PackChanger | undefined;
  private readonly stream: StreamControl;
  private isDraining = false;

  constructor(options: EngineOptions) {
    this.options = options;
    setLimits(options.config.limits);
    this.stream = new StreamControl(options.config, (error) =>
      options.logger.error({ err: String(error) }, 'the stream of decisions has ended'),
    );
  }

  /** @returns when the state is caught up and all doors answer. @throws BeckonError of what could not be started */
  async start(): Promise<Addresses> {
    const { config } = this.options;
    this.served = await this.openPack();
    const { source, pack, memory, bundles } = this.served;
    this.view = viewState(pack, memory);
    this.metrics = createMetrics('main', {
      shards: () => this.view.tables.map(({ shard }) => shardFacts(shard)),
      pendingEvents: () => this.view.status.pendingEvents,
      logOffset: () => this.view.status.appliedOffset,
      sharedLog: isOnKafka(config) ? () => this.sharedLogFacts() : undefined,
    });
    const data: WriterThreadData = { config, logPath: this.dataDir.logPath, source, memory };
    this.writer = this.spawn('./writer-thread.ts', data, {
      failed: ({ code, message }: { code?: string; message: string }) =>
        this.options.onFailure(ours(Object.assign(new Error(message), { code }))),
      progress: (at: Record<string, number>) => this.options.logger.debug(at, 'reading checkpoint and log'),
      restored: (from: Record<string, number>) => this.options.logger.info(from, 'began with a checkpoint'),
      warn: ({ message }: { message: string }) => this.options.logger.warn({}, message),
    });
    const [proven] = await Promise.all([this.prove(bundles), this.recover()]);
    this.served = { ...this.served, bundles: proven };
    const caughtUpAt = [...this.view.status.positions];
    const { httpPort, grpcPort } = await this.startServing();
    if (config.kafkaSourceTopics !== '')
      this.intake = this.spawn('./intake-thread.ts', { config } satisfies IntakeThreadData);
    this.stream.ready(this.served, caughtUpAt);
    const { host } = config;
    return {
      http: `${host}:${httpPort}`,
      grpc: `${host}:${grpcPort}`,
      admin: `${host}:${(this.admin.server.address() as AddressInfo).port}`,
    };
  }

  /** Not ready first, then what is under way is answered, then the log is closed. */
  async stop(): Promise<void> {
    this.isDraining = true;
    await Promise.all(this.serving.map(({ link }) => link.ask('drain')));
    if (this.intake !== undefined) await endThread(this.intake);
    await this.changer?.close();
    await Promise.all(this.serving.map((thread) => endThread(thread)));
    await this.stream.close();
    await endThread(this.writer);
    await this.admin.close();
    this.metrics.close();
    this.dataDir.close();
  }

  /** Lets the process end although threads do not answer. */
  abandon(): void {
    for (const thread of [this.writer, this.intake, ...this.serving]) thread?.worker.unref();
    this.stream.abandon();
    void this.admin?.close();
  }

  /** Takes the data directory, and finds the pack and the models to serve. */
  private async openPack(): Promise<ServedPack> {
    const { config, logger } = this.options;
    const { dataDir, source, pack, applied, list } = await openDataDir(config);
    this.dataDir = dataDir;
    // What was overruled counts no more, also if the folder comes to hold again what it held by then.
    if (list.length < readAppliedPacks(config.dataDir).length) writeAppliedPacks(config.dataDir, list);
    if (applied !== undefined)
      logger.info({ version: pack.version, sha256: pack.sha256 }, 'the applied pack is in force');
    const memory = makeStateMemory(pack, LIMITS.shards, coldPathOf(config.dataDir));
    return { source, pack, memory, bundles: readBundles(pack) };
  }

  private async prove(bundles: readonly Bundle[]): Promise<Bundle[]> {
    const { config, logger } = this.options;
    const options = { cachePath: join(this.dataDir.path, PROOFS_FILE), plans: config.plans };
    const proven: Bundle[] = [];
    for (const bundle of bundles) {
      const { id, noPlan } = proven[proven.push(await prove(bundle, options)) - 1];
      if (noPlan !== undefined) logger.info({ bundle: id, because: noPlan }, 'ONNX Runtime runs a model');
    }
    return proven;
  }

  /** The admin door answers while the log is read, so that an orchestrator sees a live service that is not ready. */
  private async recover(): Promise<void> {
    const { config } = this.options;
    this.admin = adminServer({
      options: this.httpOptions(),
      readiness: () => readiness(this.view.status, this.isDraining, isOnKafka(config), wallClock.nowMs()),
      overseer: {
        metrics: () => this.metricsText(),
        metricsContentType: METRICS_CONTENT_TYPE,
        state: () => this.state(),
      },
      onInternal: (cause) => this.options.logger.error({ err: String(cause) }, 'internal error'),
    });
    await Promise.all([
      listening(this.admin.listen({ host: config.host, port: config.adminPort }), config.host, config.adminPort),
      this.writer.link.ask('recover'),
    ]);
  }

  private async startServing(): Promise<{ httpPort: number; grpcPort: number }> {
    const { config, version } = this.options;
    const { source, memory, bundles } = this.served;
    let { httpPort, grpcPort } = config;
    for (let number = 0; number < config.servingThreads; number++) {
      const { port1, port2 } = new MessageChannel();
      await this.writer.link.ask('connect', port1, [port1]);
      const started = Promise.withResolvers<void>();
      const name = `serving-${number}`;
      const data: ServingThreadData = { config, source, memory, bundles, version, name, writerPort: port2 };
      const handlers = {
        started: started.resolve,
        metrics: () => this.metricsText(),
        state: () => this.state(),
        changePack: (ask: PackChangeAsk) => this.changePack(ask),
        packChange: () => this.changer?.progress ?? { underWay: false },
        openStream: () => this.stream.open(),
      };
      const thread = this.spawn('./serving-thread.ts', data, handlers, [port2]);
      this.serving.push(thread);
      await Promise.race([started.promise, thread.ended]);
      // The first picks the port where it is 0; the others share it.
      httpPort = await listening(thread.link.ask<number>('listen', httpPort), config.host, httpPort);
      grpcPort = await listening(thread.link.ask<number>('listenGrpc', grpcPort), config.host, grpcPort);
    }
    this.changer = this.openChanger();
    return { httpPort, grpcPort };
  }

  private async changePack(ask: PackChangeAsk): Promise<PackChange> {
    if (this.changer === undefined) throw new BeckonError('NOT_READY', 'the service is still starting');
    return this.changer.change(ask);
  }

  private openChanger(): PackChanger {
    const { config, logger, onFailure } = this.options;
    return new PackChanger(this.served, {
      config,
      writer: this.writer.link,
      serving: this.serving.map(({ link }) => link),
      prove: (bundles) => this.prove(bundles),
      stateBytes: () => this.view.tables.reduce((sum, { shard }) => sum + shard.bytesInUse, 0),
      changed: (served) => {
        this.served = served;
        this.view = viewState(served.pack, served.memory);
        const { version, sha256 } = served.pack;
        logger.info({ version, sha256 }, 'the pack has changed');
        setImmediate(giveBackMemory);
        return this.stream.change(served);
      },
      onFailure,
    });
  }

  private spawn(...started: Parameters<typeof startThread>): Thread {
    const thread = startThread(...started);
    thread.ended.catch((error: Error) => this.options.onFailure(ours(error)));
    return thread;
  }

  private async metricsText(): Promise<string> {
    const threads = [this.writer, ...this.serving, ...(this.intake === undefined ? [] : [this.intake])];
    const parts = await Promise.all([
      this.metrics.part(),
      ...threads.map(({ link }) => link.ask<MetricsPart>('metrics')),
    ]);
    return metricsText([...parts, ...(await this.stream.metrics())]);
  }

  private sharedLogFacts(): SharedLogFacts {
    const { lagOffsets, awaySinceMs } = this.view.status;
    return { isReachable: awaySinceMs === 0, lagOffsets, lagSec: this.view.status.lagSec(wallClock.nowMs()) };
  }

  private state(): Promise<StateFacts & Record<string, unknown>> {
    return this.writer.link.ask('state');
  }

  private httpOptions() {
    const { config, version } = this.options;
    return { bodyBytesMax: config.limits.bodyBytesMax, requestTimeoutMs: config.requestTimeoutMs, version };
  }
}

const shardFacts = ({ residents, coldCustomers, evictions, bytesInUse: bytes }: Shard): ShardFacts => ({
  residents,
  coldCustomers,
  evictions,
  bytes,
});

/** @throws BeckonError ADDRESS_UNAVAILABLE in the words of the one who chose the address */
const listening = async <T>(listen: Promise<T>, host: string, port: number): Promise<T> => {
  try {
    return await listen;
  } catch (error) {
    const { message } = error as Error;
    const why = message.includes('EADDRINUSE') ? 'another process listens there' : message;
    throw new BeckonError('ADDRESS_UNAVAILABLE', `${host}:${port} cannot be listened on: ${why}`, { cause: error });
  }
};

/** An error that ended a thread has lost its class on the way, but not its code. */
const ours = (error: Error & { code?: string }): Error =>
  error.code !== undefined && Object.hasOwn(ERRORS, error.code)
    ? new BeckonError(error.code as ErrorCode, error.message)
    : error;
