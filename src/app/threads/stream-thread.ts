import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { LIMITS, setLimits } from '../../base/limits.ts';
import { FeatureReader } from '../../features/read.ts';
import { compilePack } from '../../packs/pack.ts';
import { outboxPathOf } from '../../state/data-dir.ts';
import { Outbox } from '../../state/outbox.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { isOnKafka, openKafkaClient } from '../kafka.ts';
import { OutboxProducer } from '../outbox-producer.ts';
import { Rescorer } from '../rescorer.ts';
import { openScoring } from '../scoring.ts';
import { openColdReader, viewState } from '../shared-state.ts';
import { openStreamLog } from '../stream-log.ts';
import { Link } from './link.ts';
import type { ScoringThreadData } from './scoring-thread-data.ts';

/** Rests so many times as long as it has worked: on few cores, those who were asked come first. */
const REST_RATIO = 3;

/** Scores behind the writer, for those who follow the stream. It has sessions of its own, and no request waits for it. */
export interface StreamThreadData extends ScoringThreadData {
  /** Where the service was before it took anything, one offset a partition of the log. */
  readonly caughtUpAt: readonly number[];
}

const data = workerData as StreamThreadData;
const { config, bundles } = data;
setLimits(config.limits);
const pack = compilePack(data.source);
const view = viewState(pack, data.memory);
const { status } = view;
const cold = openColdReader(pack, view);
const metrics = createMetrics('stream');
const outboxPath = outboxPathOf(config.dataDir);
const applied = [...status.positions].slice(0, isOnKafka(config) ? LIMITS.shards : 1);
/** With brokers a stream begins with the service, and nobody comes too late for anything. */
const outbox = new Outbox(
  outboxPath,
  isOnKafka(config)
    ? data.caughtUpAt.slice(0, applied.length)
    : [Math.max(0, applied[0] - LIMITS.streamBacklogEventsMax)],
);
const { nextOffsets } = outbox;
// Another log has taken the place of the one that it followed.
if (nextOffsets.length !== applied.length || nextOffsets.some((offset, i) => offset > applied[i]))
  outbox.commit(applied, []);
const { registry, decider, clock } = await openScoring(config, pack, bundles, view, cold);
const gone = Promise.withResolvers<never>();
gone.promise.catch(() => {});
const log = await openStreamLog(config, outbox.nextOffsets, gone.reject);
const rescorer = new Rescorer(
  {
    log,
    outbox,
    decider,
    reader: new FeatureReader(pack.plan, view.tables, [], cold),
    status,
    clock,
  },
  pack.featureNames.length,
);

const { kafkaDecisionsTopic } = config;
const client = isOnKafka(config) && kafkaDecisionsTopic !== '' ? await openKafkaClient(config) : undefined;
const producer = client && new OutboxProducer(client, kafkaDecisionsTopic, outbox, outboxPath);

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
    const isBehind = await Promise.race([rescorer.step(), gone.promise]);
    while (!isStopping && (await producer?.step()));
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
    producer?.close();
    await client?.close();
    await log.close();
    outbox.close();
    await registry.close();
    cold?.close();
    metrics.close();
    port.unref();
  },
});
await link.ask('started');
