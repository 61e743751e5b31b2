import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { KafkaLoop } from '../children/kafka-loop.ts';
import type { Row } from '../row.ts';
import type { Sample } from '../sample.ts';

const PACK = join(import.meta.dirname, '../../models/retail');
const BROKERS = process.env.KAFKA_TEST_BROKERS ?? '';

/** A way to read and what it is held against: a client as its documentation shows it, or as the product reads. */
interface Kind {
  readonly name: string;
  readonly client: KafkaLoop['client'];
  readonly ceiling: readonly [side: 'emptyHandler' | 'emptyFetches', text: string];
  readonly product: readonly [side: 'appliedLog' | 'appliedSource', text: string];
  readonly pass: number;
}

const STREAM: Kind['ceiling'] = ['emptyHandler', 'the stream of @platformatic/kafka with an empty handler'];
const EACH_BATCH: Kind['ceiling'] = ['emptyHandler', 'eachBatch of kafkajs with an empty handler'];
const FETCHES: Kind['ceiling'] = [
  'emptyFetches',
  "the product's own fetches of @platformatic/kafka with an empty handler",
];
const LOG: Kind['product'] = ['appliedLog', 'the log topic read and applied'];
const SOURCE: Kind['product'] = ['appliedSource', 'a source topic taken into the log, that read and applied'];

const KINDS: readonly Kind[] = [
  { name: 'kafka-log-platformatic', client: 'platformatic', ceiling: STREAM, product: LOG, pass: 0.6 },
  { name: 'kafka-log-fetches', client: 'platformatic', ceiling: FETCHES, product: LOG, pass: 0.6 },
  { name: 'kafka-source-platformatic', client: 'platformatic', ceiling: STREAM, product: SOURCE, pass: 0.3 },
  { name: 'kafka-log-kafkajs', client: 'kafkajs', ceiling: EACH_BATCH, product: LOG, pass: 0.6 },
  { name: 'kafka-source-kafkajs', client: 'kafkajs', ceiling: EACH_BATCH, product: SOURCE, pass: 0.3 },
];

const kafkaRow = ({ name, client, ceiling, product, pass }: Kind): Row => ({
  name,
  product: product[1],
  ceiling: ceiling[1],
  unit: 'events',
  bar: { kind: 'ratio', pass },
  isPromised: false,
  async open(bench) {
    const { orders: events, customers } = bench.size;
    const topic = `bench.${randomUUID()}`;
    const loop: KafkaLoop = { brokers: BROKERS.split(','), client, pack: PACK, topic, events, customers };
    // One for each: the product's settings of V8 are not the ceiling's.
    const [other, own] = [bench.measuredChild('kafka-loop.ts'), bench.measuredChild('kafka-loop.ts')];
    await Promise.all([other.ask('open', loop), own.ask('open', loop)]);
    await other.ask('fill', undefined);
    return {
      notes: [
        `${events} orders of ${customers} known customers, whatever the time of a run`,
        'one thread, a process for each side',
      ],
      ceiling: () => other.ask<Sample>(ceiling[0], undefined),
      product: () => own.ask<Sample>(product[0], undefined),
      async close() {
        await Promise.all([other.stop(), own.stop()]);
      },
    };
  },
});

/** Where a broker is named: none is started for a benchmark. */
export const kafkaRows: readonly Row[] = BROKERS === '' ? [] : KINDS.map(kafkaRow);
