import { monitorEventLoopDelay } from 'node:perf_hooks';
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, type MetricObject, Registry } from 'prom-client';
import { listen } from './listeners.ts';

/** The metrics of one thread, as it hands them to the one that is scraped; a structured clone keeps them whole. */
export type MetricsPart = readonly MetricObject[];

/** What only one thread is asked for, because all threads would answer the same. Asked once a scrape. */
export interface SharedFacts {
  /** One entry a shard. */
  shards(): readonly ShardFacts[];
  /** Events that wait for the writer. */
  pendingEvents(): number;
  /** Offset of the last event applied. */
  logOffset(): number;
  /** Where others write to the log too. */
  readonly sharedLog?: (() => SharedLogFacts) | undefined;
}

export interface SharedLogFacts {
  readonly isReachable: boolean;
  /** Records that are not applied yet. */
  readonly lagOffsets: number;
  /** Age of the newest record applied, where there are newer ones. */
  readonly lagSec: number;
}

export interface ShardFacts {
  /** Customers with a row in memory. */
  readonly residents: number;
  readonly coldCustomers: number;
  readonly evictions: number;
  /** Memory in use. */
  readonly bytes: number;
}

export interface Metrics {
  part(): Promise<MetricsPart>;
  close(): void;
}

/**
 * Starts to listen to what this thread's code publishes.
 * @param thread its name, on the loop delay only.
 * @param shared given by the main thread, which also tells about the process.
 */
export const createMetrics = (thread: string, shared?: SharedFacts): Metrics => {
  const registry = new Registry();
  const stopListening = listen(registry);
  const stopDelay = addLoopDelay(registry, thread);
  if (shared !== undefined) {
    collectDefaultMetrics({ register: registry });
    addSharedFacts(registry, shared);
  }
  return {
    part: () => registry.getMetricsAsJSON() as Promise<MetricsPart>,
    close() {
      stopListening();
      stopDelay();
      registry.clear();
    },
  };
};

/** Content type of {@link metricsText}. */
export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** The parts of all threads as one text: counters and histograms are added up, gauges of threads stand side by side. */
export const metricsText = (parts: readonly MetricsPart[]): Promise<string> =>
  AggregatorRegistry.aggregate(parts as never).metrics();

const QUANTILES = [50, 99, 100];
const NS = 1e-9;

/** Over the time since the last scrape: a maximum since the start would stay high for ever. */
const addLoopDelay = (registry: Registry, thread: string): (() => void) => {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  new Gauge({
    name: 'beckon_event_loop_delay_seconds',
    help: 'Delay of the event loop since the last scrape',
    labelNames: ['thread', 'quantile'],
    registers: [registry],
    collect() {
      for (const quantile of QUANTILES) {
        const ns = delay.count === 0 ? 0 : delay.percentile(quantile);
        this.set({ thread, quantile: String(quantile / 100) }, ns * NS);
      }
      delay.reset();
    },
  });
  return () => delay.disable();
};

const addSharedFacts = (registry: Registry, shared: SharedFacts): void => {
  const registers = [registry];
  const single = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  const perShard = (name: string, help: string, read: (shard: ShardFacts) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['shard'],
      registers,
      collect() {
        for (const [number, shard] of shared.shards().entries()) this.set({ shard: String(number) }, read(shard));
      },
    });
  };
  single('beckon_pending_events', 'Events that wait for the writer', shared.pendingEvents);
  single('beckon_log_offset', 'Offset of the last event applied', shared.logOffset);
  const { sharedLog } = shared;
  if (sharedLog !== undefined) {
    single('beckon_log_reachable', 'Whether a broker of the log can be reached', () => Number(sharedLog().isReachable));
    single('beckon_log_lag_offsets', 'Records of the log that are not applied yet', () => sharedLog().lagOffsets);
    single(
      'beckon_log_lag_seconds',
      'Age of the newest applied record, where there are newer',
      () => sharedLog().lagSec,
    );
  }
  perShard('beckon_customers', 'Customers with a row', (shard) => shard.residents + shard.coldCustomers);
  perShard('beckon_rows_resident', 'Customers with a row in memory', (shard) => shard.residents);
  perShard('beckon_rows_cold', 'Customers whose row is on disk', (shard) => shard.coldCustomers);
  new Counter({
    name: 'beckon_evictions_total',
    help: 'Rows that went from memory to disk',
    labelNames: ['shard'],
    registers,
    collect() {
      this.reset();
      for (const [number, shard] of shared.shards().entries()) this.inc({ shard: String(number) }, shard.evictions);
    },
  });
  perShard('beckon_shard_bytes', 'Memory of the rows and their index', (shard) => shard.bytes);
};
