/** A topic read by a client with an empty handler, and the same applied: the log topic, and a source through the intake. */
import { randomUUID } from 'node:crypto';
import { dedupeWindows, makeStateMemory, viewState } from '../../src/app/shared-state.ts';
import { wallClock } from '../../src/base/clock.ts';
import { shardOf } from '../../src/base/hash.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { Intake } from '../../src/log/intake.ts';
import type { KafkaClient, OutgoingRecord } from '../../src/log/kafka-client.ts';
import { KafkaLog } from '../../src/log/kafka-log.ts';
import { KafkajsClient } from '../../src/log/kafkajs-client.ts';
import { LogProducer } from '../../src/log/log-producer.ts';
import { PlatformaticClient } from '../../src/log/platformatic-client.ts';
import { loadPack } from '../../src/packs/pack.ts';
import { Writer } from '../../src/state/writer.ts';
import { answerQuestions } from '../child-side.ts';
import { customerIdOf, OrderMaker, todayMs } from '../orders.ts';
import type { Sample } from '../sample.ts';

export interface KafkaLoop {
  readonly brokers: readonly string[];
  readonly client: 'platformatic' | 'kafkajs';
  readonly pack: string;
  readonly events: number;
  readonly customers: number;
}

const SEED = 20_260;
const PRODUCED = 4000;

let loop: KafkaLoop;
let topic: string;

const connect = (): KafkaClient => {
  const Client = loop.client === 'kafkajs' ? KafkajsClient : PlatformaticClient;
  return new Client({ brokers: loop.brokers, clientId: 'beckon-bench' });
};

/** Fills a topic that is right for the log, and for a source as well. */
const open = async (options: KafkaLoop): Promise<void> => {
  loop = options;
  topic = `bench.${randomUUID()}`;
  const client = connect();
  const maker = new OrderMaker(SEED, topic, todayMs());
  await KafkaLog.open(client, topic, LIMITS.shards);
  for (let made = 0; made < loop.events; ) {
    const records: OutgoingRecord[] = [];
    for (; records.length < PRODUCED && made < loop.events; made++) {
      const customer = made % loop.customers;
      const key = Buffer.from(customerIdOf(customer));
      const partition = shardOf(key, 0, key.length, LIMITS.shards);
      records.push({ partition, key, value: Buffer.from(maker.next(customer)), headers: [] });
    }
    await client.produce(topic, records);
  }
  await client.close();
};

/** Work that has told `done` of all events, with what it took. */
const measured = async (
  work: (client: KafkaClient, done: (events: number) => void) => Promise<unknown>,
): Promise<Sample> => {
  const client = connect();
  const all = Promise.withResolvers<void>();
  let seen = 0;
  const startCpu = process.cpuUsage();
  const startMs = performance.now();
  await work(client, (events) => {
    seen += events;
    if (seen >= loop.events) all.resolve();
  });
  await all.promise;
  const wallSec = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(startCpu);
  await client.close();
  const wrong = seen === loop.events ? [] : [`${seen} events instead of ${loop.events}`];
  return { work: seen, wallSec, cpuSec: (user + system) / 1e6, checked: seen, wrong, wrongCount: wrong.length };
};

const reached = (): void => {};
const starts = (): number[] => Array<number>(LIMITS.shards).fill(0);

const emptyLog = (): Promise<Sample> =>
  measured((client, done) => {
    let events = 0;
    const record = (): void => {
      events++;
    };
    const end = (): undefined => {
      done(events);
      events = 0;
    };
    return client.follow({ topic, from: starts(), reached, sink: { begin: () => {}, record, end } });
  });

/** Folds a log into a new state, and tells the events that were applied. */
const apply = async (log: KafkaLog, done: (events: number) => void): Promise<void> => {
  const pack = loadPack(loop.pack);
  const view = viewState(pack, makeStateMemory(pack, LIMITS.shards));
  const stopwatchMs = (): number => performance.now();
  const dedupe = dedupeWindows(pack, view.tables);
  const writer = new Writer({ log, plan: pack.plan, ...view, dedupe, stopwatchMs });
  await log.follow({
    from: starts(),
    reached,
    take({ partition, groups, nextOffset }) {
      let events = 0;
      for (const group of groups) events += group.count - duplicatesIn(writer.fold(group));
      writer.moveTo(partition, nextOffset);
      done(events);
      return undefined;
    },
  });
};

const duplicatesIn = (results: Uint8Array): number => results.reduce((sum, result) => sum + result, 0);

const appliedLog = (): Promise<Sample> =>
  measured(async (client, done) => apply(await KafkaLog.open(client, topic, LIMITS.shards), done));

const emptySource = (): Promise<Sample> =>
  measured(async (client, done) =>
    client.join({
      topics: [topic],
      group: randomUUID(),
      take: async (_topic, _partition, records) => done(records.length),
      reached,
    }),
  );

const appliedSource = (): Promise<Sample> =>
  measured(async (client, done) => {
    const log = await KafkaLog.open(client, `bench.${randomUUID()}`, LIMITS.shards);
    await apply(log, done);
    const producer = new LogProducer(client, log.topic);
    const setAside = async (): Promise<never> => {
      throw new Error('no event of the bench is set aside');
    };
    const append = (records: readonly OutgoingRecord[]) => producer.send(records);
    const intake = new Intake({ partitions: LIMITS.shards, append, setAside, clock: wallClock });
    client.join({
      topics: [topic],
      group: randomUUID(),
      take: (source, partition, records) => intake.take(source, partition, records),
      reached,
    });
  });

answerQuestions({ open, emptyLog, appliedLog, emptySource, appliedSource });
