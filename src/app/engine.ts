import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { BeckonError, ERRORS, type ErrorCode } from '../base/errors.ts';
import { LIMITS, setLimits } from '../base/limits.ts';
import type { Shard } from '../features/shard.ts';
import { prove } from '../inference/prove.ts';
import { type Bundle, chooseBundles, readBundle } from '../inference/repository.ts';
import { compilePack, type Pack } from '../packs/pack.ts';
import { type PackSource, readPackSource } from '../packs/pack-source.ts';
import { adminServer } from '../serving/http/admin.ts';
import { coldPathOf } from '../state/data-dir.ts';
import type { Logger } from '../telemetry/logger.ts';
import {
  createMetrics,
  METRICS_CONTENT_TYPE,
  type Metrics,
  type MetricsPart,
  metricsText,
  type ShardFacts,
} from '../telemetry/metrics.ts';
import type { Config } from './config-schema.ts';
import { notReadyReason } from './readiness.ts';
import { makeStateMemory, type StateView, viewState } from './shared-state.ts';
import type { StateFacts } from './state-facts.ts';
import { Link } from './threads/link.ts';
import type { ServingThreadData } from './threads/serving-thread.ts';
import type { WriterThreadData } from './threads/writer-thread.ts';

const PROOFS_FILE = 'proven-bundles.json';

/** Where the doors are: `host:port`. */
export interface Addresses {
  readonly http: string;
  readonly admin: string;
}

export interface EngineOptions {
  readonly config: Config;
  readonly version: string;
  readonly logger: Logger;
  /** Told once where a thread failed; the process must end. */
  readonly onFailure: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly link: Link;
  readonly ended: Promise<void>;
}

/**
 * The service in one process: this thread supervises and keeps the admin door, one thread writes, others serve. What
 * it starts, it stops in reverse.
 */
export class Engine {
  private readonly options: EngineOptions;
  private readonly source: PackSource;
  private readonly pack: Pack;
  private readonly view: StateView;
  private readonly metrics: Metrics;
  private readonly memory: ReturnType<typeof makeStateMemory>;
  private writer!: Thread;
  private readonly serving: Thread[] = [];
  private admin!: ReturnType<typeof adminServer>;
  private isDraining = false;

  constructor(options: EngineOptions) {
    this.options = options;
    setLimits(options.config.limits);
    this.source = readPackSource(options.config.pack);
    this.pack = compilePack(this.source);
    this.memory = makeStateMemory(this.pack, LIMITS.shards, coldPathOf(options.config.dataDir));
    this.view = viewState(this.pack, this.memory);
    const { tables, status } = this.view;
    this.metrics = createMetrics('main', {
      shards: () => tables.map(({ shard }) => shardFacts(shard)),
      pendingEvents: () => status.pendingEvents,
      logOffset: () => status.appliedOffset,
    });
  }

  /** @returns when the state is caught up and all doors answer. @throws BeckonError of what could not be started */
  async start(): Promise<Addresses> {
    const { config } = this.options;
    const bundlesRead = this.readBundles();
    const data: WriterThreadData = { config, source: this.source, memory: this.memory };
    this.writer = this.spawn('./threads/writer-thread.ts', data, {
      failed: ({ code, message }: { code?: string; message: string }) =>
        this.options.onFailure(ours(Object.assign(new Error(message), { code }))),
      progress: (at: { offset: number; end: number }) => this.options.logger.debug(at, 'reading the log'),
    });
    const [bundles] = await Promise.all([this.prove(bundlesRead), this.recover()]);
    const httpPort = await this.startServing(bundles);
    const { host } = config;
    return { http: `${host}:${httpPort}`, admin: `${host}:${(this.admin.server.address() as AddressInfo).port}` };
  }

  /** Not ready first, then what is under way is answered, then the log is closed. */
  async stop(): Promise<void> {
    this.isDraining = true;
    await Promise.all(this.serving.map(({ link }) => link.ask('drain')));
    await Promise.all(this.serving.map((thread) => end(thread)));
    await end(this.writer);
    await this.admin.close();
    this.metrics.close();
  }

  /** After a failure: lets the process end whatever the threads are doing. */
  abandon(): void {
    for (const thread of [this.writer, ...this.serving]) thread?.worker.unref();
    void this.admin?.close();
  }

  private readBundles(): Bundle[] {
    const names = new Set(this.pack.featureNames);
    return chooseBundles(this.pack.folder, this.pack.name).map((ref) => readBundle(ref, names));
  }

  private async prove(bundles: Bundle[]): Promise<Bundle[]> {
    const { dataDir } = this.options.config;
    mkdirSync(dataDir, { recursive: true });
    for (const bundle of bundles) await prove(bundle, { cachePath: join(dataDir, PROOFS_FILE) });
    return bundles;
  }

  /** The admin door answers while the log is read, so that an orchestrator sees a live service that is not ready. */
  private async recover(): Promise<void> {
    const { config } = this.options;
    this.admin = adminServer({
      options: this.httpOptions(),
      notReady: () => notReadyReason(this.view.status, this.isDraining),
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

  private async startServing(bundles: Bundle[]): Promise<number> {
    const { config, version } = this.options;
    let port = config.httpPort;
    for (let number = 0; number < config.servingThreads; number++) {
      const { port1, port2 } = new MessageChannel();
      await this.writer.link.ask('connect', port1, [port1]);
      const started = Promise.withResolvers<void>();
      const data: ServingThreadData = {
        config,
        source: this.source,
        memory: this.memory,
        bundles,
        version,
        name: `serving-${number}`,
        writerPort: port2,
      };
      const thread = this.spawn(
        './threads/serving-thread.ts',
        data,
        { started: started.resolve, metrics: () => this.metricsText(), state: () => this.state() },
        [port2],
      );
      this.serving.push(thread);
      await Promise.race([started.promise, thread.ended]);
      // The first picks the port where it is 0; the others share it.
      port = await listening(thread.link.ask<number>('listen', port), config.host, port);
    }
    return port;
  }

  private spawn(
    file: string,
    data: unknown,
    handlers: Record<string, (payload: never) => unknown>,
    transferList: MessagePort[] = [],
  ): Thread {
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: data,
      transferList: transferList as never,
    });
    const link = new Link(worker, handlers);
    const ended = new Promise<void>((resolve, reject) => {
      worker.once('error', (error) => reject(ours(error)));
      worker.once('exit', () => resolve());
    });
    ended.catch((error: Error) => {
      link.fail(error);
      this.options.onFailure(error);
    });
    return { worker, link, ended };
  }

  private async metricsText(): Promise<string> {
    const threads = [this.writer, ...this.serving];
    const parts = await Promise.all([
      this.metrics.part(),
      ...threads.map(({ link }) => link.ask<MetricsPart>('metrics')),
    ]);
    return metricsText(parts);
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

/** A thread ends by itself once nothing holds its loop: one that is inside ONNX Runtime must not be terminated. */
const end = async ({ worker, link }: Thread): Promise<void> => {
  await link.ask('stop');
  worker.unref();
};
