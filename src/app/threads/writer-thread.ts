import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { wallClock } from '../../base/clock.ts';
import { BeckonError } from '../../base/errors.ts';
import { LIMITS, setLimits } from '../../base/limits.ts';
import { stateHash } from '../../features/state-hash.ts';
import { SqliteLog } from '../../log/sqlite-log.ts';
import { compilePack } from '../../packs/pack.ts';
import type { PackSource } from '../../packs/pack-source.ts';
import { DataDir } from '../../state/data-dir.ts';
import { type Chunk, Writer } from '../../state/writer.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import type { Config } from '../config-schema.ts';
import { dedupeWindows, openColdDatabase, type StateMemory, viewState } from '../shared-state.ts';
import { stateFacts } from '../state-facts.ts';
import { Link } from './link.ts';
import type { ChunkReply } from './writer-client.ts';

/**
 * The writer thread: alone on the log and the only one that changes rows. Everything that arrives while a commit is
 * under way is the next group.
 */
export interface WriterThreadData {
  readonly config: Config;
  readonly source: PackSource;
  readonly memory: StateMemory;
}

const { config, source, memory } = workerData as WriterThreadData;
setLimits(config.limits);
const pack = compilePack(source);
const view = viewState(pack, memory);
const metrics = createMetrics('writer');
const waiting: { readonly port: MessagePort; readonly chunk: Chunk }[] = [];
let isRunning = false;
let stopped: PromiseWithResolvers<void> | undefined;

const dataDir = DataDir.open(config.dataDir, {
  shards: LIMITS.shards,
  pack: pack.name,
  nowMs: wallClock.nowMs(),
});
const log = SqliteLog.open(dataDir.logPath);
const cold = openColdDatabase(pack, view);
const writer = new Writer({
  log,
  plan: pack.plan,
  ...view,
  cold,
  dedupe: dedupeWindows(pack, view.tables),
  stopwatchMs: () => performance.now(),
});

/** Between two parts of an erasure what has come meanwhile is committed. */
const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
let erasing: Promise<void> | undefined;

/** Behind the answers: whoever was erased is unknown already. */
const eraseBehind = (): void => {
  if (!writer.hasErasures || erasing !== undefined || view.status.phase === 'failed') return;
  erasing = writer
    .erase(pause)
    .catch(fail)
    .finally(() => {
      erasing = undefined;
      eraseBehind();
    });
};

const reply = (port: MessagePort, message: ChunkReply): void => port.postMessage(message);

/** Commits what waits, one group a turn of the loop, so that chunks which arrive meanwhile are received. */
const run = async (): Promise<void> => {
  const group: typeof waiting = [];
  let events = 0;
  let bytes = 0;
  for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
    events += next.chunk.count;
    bytes += next.chunk.records.length;
    if (group.length > 0 && (events > LIMITS.groupEventsMax || bytes > LIMITS.groupBytesMax)) break;
    group.push(next);
    waiting.shift();
  }
  await commit(group);
  if (waiting.length > 0) {
    setImmediate(run);
    return;
  }
  isRunning = false;
  stopped?.resolve();
};

const commit = async (group: typeof waiting): Promise<void> => {
  const chunks = group.map(({ chunk }) => chunk);
  const count = chunks.reduce((sum, chunk) => sum + chunk.count, 0);
  try {
    // What waited behind a group that failed: the state may no longer be the fold of the log.
    if (view.status.phase === 'failed') throw new BeckonError('LOG_UNAVAILABLE', 'the service stops after a failure');
    const results = await writer.commit(chunks, config.clock === 'log' ? undefined : wallClock.nowMs());
    for (const [i, { port }] of group.entries()) reply(port, { results: results[i] });
    eraseBehind();
  } catch (error) {
    const { code, message } = error instanceof BeckonError ? error : new BeckonError('INTERNAL', 'internal error');
    for (const { port } of group) reply(port, { error: { code, message } });
    if (code !== 'STATE_FULL') fail(error);
  } finally {
    view.status.takePending(count, wallClock.nowMs());
  }
};

/** What is on disk is only known after a new start: nothing is acknowledged any more, and the process ends. */
const fail = (error: unknown): void => {
  if (view.status.phase === 'failed') return;
  view.status.phase = 'failed';
  const { code, message } = error as BeckonError;
  void link.ask('failed', { code, message });
};

const link = new Link(parentPort as MessagePort, {
  connect(port: MessagePort) {
    port.on('message', (chunk: Chunk) => {
      waiting.push({ port, chunk });
      if (isRunning) return;
      isRunning = true;
      setImmediate(run);
    });
  },
  async recover() {
    const [end] = log.ends();
    await writer.recover((offset) => void link.ask('progress', { offset, end }));
    eraseBehind();
  },
  metrics: () => metrics.part(),
  state: () => stateFacts(pack, view, stateHash(view.tables, cold)),
  async stop() {
    if (isRunning) {
      stopped = Promise.withResolvers();
      await stopped.promise;
    }
    while (erasing !== undefined) await erasing;
    await log.close();
    cold?.close();
    dataDir.close();
    metrics.close();
  },
});
