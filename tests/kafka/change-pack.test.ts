import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateOf } from '../durability/state-check.ts';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { ON_KAFKA, testBrokers, topicName } from '../support/kafka.ts';
import { packFiles, packFolder } from '../support/pack-folder.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const orders = { name: 'orders', kind: 'count', event: 'order.placed', unit: 'orders' };
const paid = { name: 'paid', kind: 'sum', event: 'order.placed', field: 'amount', unit: 'money' };
const fading = { name: 'fading', kind: 'decayed', event: 'order.placed', halfLife: '30d', unit: 'orders' };

const order = (number: number) =>
  cloudEvent({
    id: `o${number}`,
    subject: `c${number % 40}`,
    time: new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString(),
    data: { orderId: `${number}`, amount: 1 + (number % 7) },
  });

test(
  'a pack is changed while events come from Kafka: nothing is lost, and a start takes the changed one',
  ON_KAFKA,
  async (t) => {
    const env = { KAFKA_BROKERS: testBrokers().join(), KAFKA_LOG_TOPIC: topicName('log') };
    const before = packFolder({ features: [orders, fading], segments: { pack: [{ is: 'old' }] } });
    const after = packFolder({ features: [paid, orders, { ...fading, halfLife: '60d' }] });
    const worded = packFolder({
      features: [paid, orders, { ...fading, halfLife: '60d' }],
      segments: { pack: [{ is: 'new' }] },
    });
    const dataDir = tempFolder(t);
    const args = ['--pack', before];
    const service = await startService(t, { env, args, dataDir });
    const client = new Client(t, service.http);
    let posted = 0;
    let accepted = 0;
    const post = async (): Promise<void> => {
      const { status, json } = await client.events(Array.from({ length: 25 }, () => order(posted++)));
      assert.deepEqual([status, json.duplicates, json.rejected], [202, 0, []]);
      accepted += json.accepted;
    };
    for (let i = 0; i < 8; i++) await post();

    let isOver = false;
    const load = (async () => {
      while (!isOver) await post();
    })();
    const change = async (folder: string) => {
      const { status, json, text } = await client.ask('/v1/packs', { body: { files: packFiles(folder) } });
      assert.equal(status, 200, text);
      return [json.applied, json.refold];
    };
    assert.deepEqual(await change(after), [true, true]);
    assert.deepEqual(await change(worded), [true, false]);
    isOver = true;
    await load;
    await post();
    assert.equal(accepted, posted);
    const current = await client.ask('/v1/packs/current');
    assert.deepEqual(
      current.json.features.map(({ name }: { name: string }) => name),
      ['paid', 'orders', 'fading'],
    );
    const { json } = await client.ask('/v1/customers/c1');
    assert.equal(json.features.orders, Array.from({ length: posted }, (_, i) => i).filter((i) => i % 40 === 1).length);
    const live = await stateOf(service);
    assert.equal(live.eventsApplied, posted + 2, 'two of them tell of the pack');

    await service.kill9();
    const again = await startService(t, { env, args, dataDir });
    assert.match(again.output.stdout, /the applied pack is in force/);
    assert.deepEqual(await stateOf(again), live);
    // A clean fold of the topic by the changed pack.
    const clean = await startService(t, { env, args: ['--pack', worded] });
    assert.equal((await stateOf(clean)).stateHash, live.stateHash);
  },
);
