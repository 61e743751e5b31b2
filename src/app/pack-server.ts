import { FeatureReader } from '../features/read.ts';
import { compilePack } from '../packs/pack.ts';
import { decisionStringifier } from '../serving/http/decision-text.ts';
import { type HttpApp, type HttpOptions, httpServer } from '../serving/http/server.ts';
import type { ServingParts } from '../serving/parts.ts';
import { isOnKafka } from './kafka.ts';
import { openScoring } from './scoring.ts';
import { openColdReader, viewState } from './shared-state.ts';
import type { ScoringThreadData } from './threads/scoring-thread-data.ts';
import { WorkerPool } from './threads/worker-pool.ts';

/** What the routes need of their thread, whatever the pack. */
export type ThreadParts = Pick<
  ServingParts,
  'sink' | 'stream' | 'overseer' | 'status' | 'notReady' | 'readiness' | 'onInternal'
>;

/**
 * One pack as one thread serves it: rows of its layout, sessions of its models, routes with its schemas. Another pack gets
 * another one, and requests end on that which they began with.
 */
export interface PackServer extends HttpApp {
  readonly parts: ServingParts;
  /** @returns when the requests that it has taken are answered, and its models are released */
  close(): Promise<void>;
}

/** @throws BeckonError where the pack or a bundle cannot be used */
export const openPackServer = async (
  data: ScoringThreadData,
  thread: ThreadParts,
  options: HttpOptions,
): Promise<PackServer> => {
  const { config, source, memory, bundles } = data;
  const pack = compilePack(source);
  const view = viewState(pack, memory);
  const cold = openColdReader(pack, view);
  const { registry, decider, columns, clock, schema } = await openScoring(config, pack, bundles, view, cold);
  const pool = new WorkerPool({ config, source, memory, bundles });
  const readerOf = (names?: readonly string[]) => new FeatureReader(pack.plan, view.tables, names, cold);
  const parts: ServingParts = {
    ...thread,
    decider,
    columns,
    reader: readerOf(),
    readerOf,
    registry,
    pack,
    clock,
    hasLogClock: config.clock === 'log',
    pool,
    logTopic: isOnKafka(config) ? config.kafkaLogTopic : undefined,
    stringifyDecision: decisionStringifier(),
  };
  const http = await httpServer(options, parts, schema);
  return {
    ...http,
    parts,
    async close() {
      await http.underWay.ended();
      await pool.close();
      await registry.close();
      cold?.close();
    },
  };
};
