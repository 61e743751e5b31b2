import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shardOf } from '../../src/base/hash.ts';
import { GrpcClient, type Message } from '../grpc/grpc-client.ts';
import { Watching } from '../grpc/watching.ts';
import { advisingPack } from '../support/advising-pack.ts';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { ON_KAFKA, testBrokers, topicName } from '../support/kafka.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { openClient } from './topics.ts';

let count = 0;

/** A new order of a customer; with this pack the first one changes the advice, and the third. */
const order = (subject: string) => {
  const id = `o${count++}`;
  return cloudEvent({ id, subject, data: { orderId: id, amount: 20 } });
};

test(
  'on Kafka, too, those who watch over gRPC are told of each change, whoever wrote the event, and go on after a kill',
  ON_KAFKA,
  async (t) => {
    const broker = openClient(t);
    const log = topicName('watched');
    const env = { KAFKA_BROKERS: testBrokers().join(), KAFKA_LOG_TOPIC: log, KAFKA_DECISIONS_TOPIC: '' };
    const dataDir = tempFolder(t);
    const args = ['--pack', advisingPack(), '--stream-every-ms', '1'];
    const start = async () => {
      const service = await startService(t, { env, dataDir, args });
      return { service, http: new Client(t, service.http), client: new GrpcClient(t, service.grpc) };
    };
    const customerIds = ['ada', 'bob', 'eve'];
    const first = await start();
    const watching = new Watching(first.client, { customerIds });
    await watching.begun();
    await first.http.events([order('ada'), order('zoe')]);
    await watching.until(['ada coupon']);
    // By another producer.
    const key = Buffer.from('bob');
    const partition = shardOf(key, 0, key.length, 16);
    await broker.produce(log, [{ partition, key, value: Buffer.from(JSON.stringify(order('bob'))), headers: [] }]);
    await watching.until(['ada coupon', 'bob coupon']);
    const after = watching.answers.at(-1).cursor;
    await first.service.kill9();

    const second = await start();
    const again = new Watching(second.client, { customerIds, after });
    await again.begun();
    await second.http.events([order('ada'), order('ada'), order('eve')]);
    await again.until(['ada gift', 'eve coupon']);
    assert.equal(again.answers.length, 2, 'nothing twice');
    const { json } = await second.http.ask('/v1/decisions?after=0');
    const told = [...watching.answers, ...again.answers].map(({ cursor, decision }) => [cursor, decision.decisionId]);
    const own = json.messages.filter(({ customerId }: Message) => customerId !== 'zoe');
    assert.deepEqual(
      told,
      own.map(({ cursor, decisionId }: Message) => [cursor, decisionId]),
    );
    assert.equal(await second.service.stop(), 0);
    assert.equal(await again.refusal(), 'UNAVAILABLE SHUTTING_DOWN');
  },
);
