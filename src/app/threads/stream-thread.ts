import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { LIMITS, setLimits } from '../../base/limits.ts';
import { FeatureReader } from '../../features/read.ts';
import { SqliteLog } from '../../log/sqlite-log.ts';
import { compilePack } from '../../packs/pack.ts';
import { logPathOf, outboxPathOf } from '../../state/data-dir.ts';
import { Outbox } from '../../state/outbox.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { Rescorer } from '../rescorer.ts';
import { openScoring } from '../scoring.ts';
import { openColdReader, viewState } from '../shared-state.ts';
import { Link } from './link.ts';
import type { ScoringThreadData } from './scoring-thread-data.ts';

/** Rests so many times as long as it has worked: on few cores, those who were asked come first. */
const REST_RATIO = 3;

/** Scores behind the writer, for those who follow the stream. It has sessions of its own, and no request waits for it. */
export type StreamThreadData = ScoringThreadData;

const data = workerData as StreamThreadData;
const { config, bundles } = data;
setLimits(config.limits);
const pack = compilePack(data.source);
const view = viewState(pack, data.memory);
const { status } = view;
const cold = openColdReader(pack, view);
const metrics = createMetrics('stream');
const logPath = logPathOf(config.dataDir);
const outbox = new Outbox(
  outboxPathOf(config.dataDir),
  Math.max(0, status.appliedOffset + 1 - LIMITS.streamBacklogEventsMax),
);
// Another log has taken the place of the one that it followed.
if (outbox.nextOffset > status.appliedOffset + 1) outbox.commit(status.appliedOffset + 1, []);
const { registry, decider, clock } = await openScoring(config, pack, bundles, view, cold);
const rescorer = new Rescorer(
  {
    openLog: () => SqliteLog.openReadOnly(logPath),
    outbox,
    decider,
    reader: new FeatureReader(pack.plan, view.tables, [], cold),
    status,
    clock,
  },
  pack.featureNames.length,
);

let isStopping = false;
let wake = (): void => {};

const rest = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });

const follow = async (): Promise<void> => {
  while (!isStopping) {
    const startMs = performance.now();
    const isBehind = await rescorer.step();
    const workedMs = performance.now() - startMs;
    if (!isStopping)
      await rest(isBehind ? REST_RATIO * workedMs : Math.max(config.streamEveryMs, REST_RATIO * workedMs));
  }
};
const following = follow();

const port = parentPort as MessagePort;
const link = new Link(port, {
  metrics: () => metrics.part(),
  async stop() {
    isStopping = true;
    wake();
    await following;
    outbox.close();
    await registry.close();
    cold?.close();
    metrics.close();
    port.unref();
  },
});
await link.ask('started');
