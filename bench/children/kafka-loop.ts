/** A topic read by a client with an empty handler, and the same applied: the log topic, and a source through the intake. */
import { randomUUID } from 'node:crypto';
import { dedupeWindows, makeStateMemory, viewState } from '../../src/app/shared-state.ts';
import { wallClock } from '../../src/base/clock.ts';
import { makeAllYoung } from '../../src/base/garbage.ts';
import { shardOf } from '../../src/base/hash.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { EventScanner } from '../../src/events/event-scanner.ts';
import { type MessageHeaders, STRUCTURED_HEADER } from '../../src/events/message.ts';
import { RecordWriter } from '../../src/events/record.ts';
import { Intake } from '../../src/log/intake.ts';
import type { KafkaClient, OutgoingRecord } from '../../src/log/kafka-client.ts';
import { KafkaLog } from '../../src/log/kafka-log.ts';
import { KafkajsClient } from '../../src/log/kafkajs-client.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { PlatformaticClient } from '../../src/log/platformatic-client.ts';
import { TopicProducer } from '../../src/log/topic-producer.ts';
import { loadPack, type Pack } from '../../src/packs/pack.ts';
import { Status } from '../../src/state/status.ts';
import { Writer } from '../../src/state/writer.ts';
import { answerQuestions } from '../child-side.ts';
import { customerIdOf, OrderMaker, todayMs } from '../orders.ts';
import type { Sample } from '../sample.ts';
import { kafkajsHandler, platformaticHandler } from './kafka-handlers.ts';

export interface KafkaLoop {
  readonly brokers: readonly string[];
  readonly client: 'platformatic' | 'kafkajs';
  readonly pack: string;
  /** Right for the log, and for a source as well. */
  readonly topic: string;
  readonly events: number;
  readonly customers: number;
}

const SEED = 20_260;
const PRODUCED = 4000;
/** As the CloudEvents binding asks of any producer. */
const HEADERS: MessageHeaders = [STRUCTURED_HEADER];

let loop: KafkaLoop;
let pack: Pack;

const connect = (): KafkaClient => {
  const Client = loop.client === 'kafkajs' ? KafkajsClient : PlatformaticClient;
  return new Client({ brokers: loop.brokers, clientId: 'beckon-bench' });
};

const open = async (options: KafkaLoop): Promise<void> => {
  loop = options;
  pack = loadPack(loop.pack);
};

/** Makes the topic with its events. */
const fill = async (): Promise<void> => {
  const client = connect();
  const maker = new OrderMaker(SEED, loop.topic, todayMs());
  await KafkaLog.open(client, loop.topic, LIMITS.shards);
  for (let made = 0; made < loop.events; ) {
    const records: OutgoingRecord[] = [];
    for (; records.length < PRODUCED && made < loop.events; made++) {
      const customer = made % loop.customers;
      const key = Buffer.from(customerIdOf(customer));
      const partition = shardOf(key, 0, key.length, LIMITS.shards);
      records.push({ partition, key, value: Buffer.from(maker.next(customer)), headers: HEADERS });
    }
    await client.produce(loop.topic, records);
  }
  await client.close();
};

/** Work that has told `done` of all events, with what it took. */
const measured = async <T>(
  prepare: (client: KafkaClient) => Promise<T>,
  work: (
    client: KafkaClient,
    done: (events: number) => void,
    prepared: T,
  ) => Promise<(() => Promise<void>) | undefined>,
): Promise<Sample> => {
  const client = connect();
  const prepared = await prepare(client);
  const all = Promise.withResolvers<void>();
  let seen = 0;
  const startCpu = process.cpuUsage();
  const startMs = performance.now();
  const done = (events: number): void => {
    seen += events;
    if (seen >= loop.events) all.resolve();
  };
  const end = await work(client, done, prepared);
  await all.promise;
  const wallSec = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(startCpu);
  await end?.();
  await client.close();
  const wrong = seen === loop.events ? [] : [`${seen} events instead of ${loop.events}`];
  return { work: seen, wallSec, cpuSec: (user + system) / 1e6, checked: seen, wrong, wrongCount: wrong.length };
};

const reached = (): void => {};
const starts = (): number[] => Array<number>(LIMITS.shards).fill(0);

const nothing = async (): Promise<void> => {};

/** The log topic read the way that the product reads it, and nothing done with the records. */
const emptyFetches = (): Promise<Sample> =>
  measured(nothing, async (client, done) => {
    let events = 0;
    const record = (): void => {
      events++;
    };
    const end = (): undefined => {
      done(events);
      events = 0;
    };
    await client.follow({ topic: loop.topic, from: starts(), reached, sink: { begin: () => {}, record, end } });
    return undefined;
  });

/** The topic as others would read it with this client. */
const emptyHandler = (): Promise<Sample> =>
  measured(nothing, async (_, done) => {
    const handler = loop.client === 'kafkajs' ? kafkajsHandler : platformaticHandler;
    return handler(loop.brokers, loop.topic, done);
  });

interface Prepared {
  readonly log: KafkaLog;
  readonly writer: Writer;
}

/** A state in which every customer has an order, and a log that is about to be folded into it. */
const prepare = async (log: KafkaLog): Promise<Prepared> => {
  // As the service does before anything else.
  makeAllYoung();
  const view = viewState(pack, makeStateMemory(pack, LIMITS.shards));
  const dedupe = dedupeWindows(pack, view.tables);
  const parts = { plan: pack.plan, tables: view.tables, dedupe, coldPath: undefined, stopwatchMs: () => 0 };
  const filling = new Writer({ ...parts, log: new MemoryLog(), status: new Status() });
  const maker = new OrderMaker(SEED + 1, 'known', todayMs());
  const scanner = new EventScanner();
  const records = new RecordWriter();
  for (let customer = 0; customer < loop.customers; customer++) {
    scanner.one(Buffer.from(maker.next(customer)), records);
    if (records.count < PRODUCED && customer < loop.customers - 1) continue;
    await filling.commit([records.chunk()], Date.now());
    records.reset();
  }
  return { log, writer: new Writer({ ...parts, log, status: view.status }) };
};

/** Folds a log, and tells the events that were applied. */
const apply = async ({ log, writer }: Prepared, done: (events: number) => void): Promise<undefined> => {
  await log.follow({
    from: starts(),
    reached,
    take({ partition, groups, nextOffset }) {
      let events = 0;
      for (const group of groups) events += appliedOf(writer.fold(group));
      writer.moveTo(partition, nextOffset);
      done(events);
      return undefined;
    },
  });
};

const appliedOf = (results: Uint8Array): number => results.length - results.reduce((sum, result) => sum + result, 0);

const appliedLog = (): Promise<Sample> =>
  measured(
    async (client) => prepare(await KafkaLog.open(client, loop.topic, LIMITS.shards)),
    (_, done, prepared) => apply(prepared, done),
  );

const appliedSource = (): Promise<Sample> =>
  measured(
    async (client) => prepare(await KafkaLog.open(client, `bench.${randomUUID()}`, LIMITS.shards)),
    async (client, done, prepared) => {
      await apply(prepared, done);
      const producer = new TopicProducer(client, prepared.log.topic);
      const setAside = async (): Promise<never> => {
        throw new Error('no event of the bench is set aside');
      };
      const append = (records: readonly OutgoingRecord[]) => producer.send(records);
      const intake = new Intake({ partitions: LIMITS.shards, append, setAside, clock: wallClock });
      client.join({
        topics: [loop.topic],
        group: randomUUID(),
        take: (source, partition, records) => intake.take(source, partition, records),
        reached,
      });
      return undefined;
    },
  );

answerQuestions({ open, fill, emptyFetches, emptyHandler, appliedLog, appliedSource });
