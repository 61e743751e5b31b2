import { join } from 'node:path';
import type { KafkaLoop } from '../children/kafka-loop.ts';
import type { Row } from '../row.ts';
import type { Sample } from '../sample.ts';

const PACK = join(import.meta.dirname, '../../models/retail');
const BROKERS = process.env.KAFKA_TEST_BROKERS ?? '';

const CEILINGS = {
  log: {
    platformatic: 'the same fetches of @platformatic/kafka with an empty handler',
    kafkajs: 'eachBatch of kafkajs over the same topic with an empty handler',
  },
  source: {
    platformatic: 'the stream of @platformatic/kafka over the same topic with an empty handler',
    kafkajs: 'eachBatch of kafkajs over the same topic with an empty handler',
  },
} as const;

const kafkaRow = (from: 'log' | 'source', client: KafkaLoop['client'], pass: number): Row => ({
  name: `kafka-${from}-${client}`,
  product:
    from === 'log' ? 'the log topic read and applied' : 'a source topic taken into the log, that read and applied',
  ceiling: CEILINGS[from][client],
  unit: 'events',
  bar: { kind: 'ratio', pass },
  isPromised: false,
  async open(bench) {
    const child = bench.measuredChild('kafka-loop.ts');
    const { orders: events, customers } = bench.size;
    const loop: KafkaLoop = { brokers: BROKERS.split(','), client, pack: PACK, events, customers };
    await child.ask('open', loop);
    const side = (name: string) => (): Promise<Sample> => child.ask<Sample>(name, undefined);
    return {
      notes: [
        `${events} orders of ${customers} known customers, whatever the time of a run`,
        'one process, one thread',
      ],
      ceiling: side(from === 'log' ? 'emptyLog' : 'emptyHandler'),
      product: side(from === 'log' ? 'appliedLog' : 'appliedSource'),
      close: () => child.stop(),
    };
  },
});

/** Where a broker is named: none is started for a benchmark. */
export const kafkaRows: readonly Row[] =
  BROKERS === ''
    ? []
    : (['platformatic', 'kafkajs'] as const).flatMap((client) => [
        kafkaRow('log', client, 0.6),
        kafkaRow('source', client, 0.3),
      ]);
