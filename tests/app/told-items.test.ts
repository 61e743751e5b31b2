import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { LIMITS } from '../../src/base/limits.ts';
import { advisingPack } from '../support/advising-pack.ts';
import { cloudEvent } from '../support/cloud-event.ts';
import { Follower } from '../support/follower.ts';
import { Client } from '../support/http-client.ts';
import { packFiles } from '../support/pack-folder.ts';
import { type Service, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const action = (value: string, content: Record<string, unknown>) => ({
  actionId: 'coupon',
  kind: 'sell',
  description: 'of a test',
  value,
  outcome: { event: 'order.placed', within: '7d' },
  channels: ['sms'],
  content,
});
const CONTENT = { sku: { cel: 'item(2).sku' }, offer: { cel: 'item(2).season' }, faceValue: { cel: 'item(2).margin' } };
const campaigns = { campaigns: [{ campaignId: 'welcome', audience: 'orders >= 1', actions: ['coupon'] }] };
const items = { items: [{ sku: 'latte' }, { sku: 'mocha', margin: 9, attributes: { price: 30 } }] };
const pack = (value: string, more: Parameters<typeof advisingPack>[0] = {}): string =>
  advisingPack({ items, campaigns, actions: { actions: [action(value, CONTENT)] }, ...more });
const dear = { name: 'dear', rule: 'orders >= 1 && item(2).price > 1000', rearm: '1d' };
const PACK = pack('item(2).price', { triggers: { triggers: [dear] } });

let number = 0;
const order = (subject: string) => {
  const orderId = `o${number++}`;
  return cloudEvent({ type: 'order.placed', id: orderId, subject, time: undefined, data: { orderId, amount: 1 } });
};
const item = (data: Record<string, unknown>) =>
  cloudEvent({ type: 'item.changed', id: `i${number++}`, subject: 'mocha', data: { sku: 'mocha', ...data } });

const served = async (t: TestContext, dataDir: string, folder = PACK) => {
  const args = ['--pack', folder, '--serving-threads', '2', '--checkpoint-every-events', '100'];
  const service = await startService(t, { dataDir, args });
  return { service, client: new Client(t, service.http) };
};
type Served = Awaited<ReturnType<typeof served>>;

const post = async ({ client }: Pick<Served, 'client'>, ...events: readonly object[]): Promise<void> => {
  const { status, json } = await client.events(events);
  assert.deepEqual([status, json.rejected], [202, []]);
};

const MANY = LIMITS.inlineBatchCustomersMax + 1;

/** What all threads say that the coupon is worth and holds: many connections, over all of them, and the pools behind batches. */
const advised = async ({ client }: Pick<Served, 'client'>, batches = 0): Promise<unknown> => {
  const customerIds = new Array(MANY).fill('ada');
  const asked = Array.from({ length: 32 }, (_, i) =>
    i < batches
      ? client.ask('/v1/score/batch', { body: { customerIds } }).then(({ json }) => json.results)
      : client.score({ customerId: 'ada' }).then(({ json }) => [json]),
  );
  const answers = (await Promise.all(asked)).flat();
  const said = answers.map(({ ranked, decision }) => [ranked[0].terms?.value, decision.params]);
  for (const one of said) assert.deepEqual(one, said[0]);
  assert.equal(said.length, 32 - batches + batches * MANY);
  return said[0];
};

const began = ({ output }: Service): boolean => output.stdout.includes('"msg":"began with a checkpoint"');

test('rules see what the log has told of an item: at once, in every thread, after any restart, with another pack', async (t) => {
  const dataDir = join(tempFolder(t), 'data');
  const first = await served(t, dataDir);
  await post(first, order('ada'));
  assert.deepEqual(await advised(first, 8), [30, { sku: 'mocha', faceValue: 9 }]);
  for (let price = 40; price < 52; price++) {
    await post(first, item({ attributes: { price, season: `s${price}`, weight: price * 2 }, margin: price / 2 }));
    assert.deepEqual(await advised(first, price % 4), [
      price,
      { sku: 'mocha', offer: `s${price}`, faceValue: price / 2 },
    ]);
  }

  // Behind the writer: who is scored next, and what fires.
  const follower = new Follower(t, first.service.http, '/v1/decisions/stream');
  await post(first, order('bo'));
  await follower.until(({ data }) => data.customerId === 'bo' && data.decision.params.offer === 's51');
  await post(first, item({ attributes: { price: 1001 } }), order('bo'));
  await follower.until(
    ({ event, data }) => event === 'trigger.fired' && data.name === 'dear' && data.customerId === 'bo',
  );
  await post(first, item({ attributes: { price: null } }), order('bo'));
  await follower.until(({ data }) => data.customerId === 'bo' && data.decision.hold === true);
  assert.deepEqual(await advised(first), [undefined, undefined], 'what is unset is not there, though it was declared');
  await post(first, item({ attributes: { price: 70 } }), ...Array.from({ length: 100 }, (_, i) => order(`c${i}`)));
  const told = [70, { sku: 'mocha', offer: 's51', faceValue: 25.5 }];
  assert.deepEqual(await advised(first), told);
  assert.equal(await first.service.stop(), 0);

  const withoutCheckpoints = join(tempFolder(t), 'copy');
  cpSync(dataDir, withoutCheckpoints, { recursive: true });
  rmSync(join(withoutCheckpoints, 'checkpoints'), { recursive: true });
  const folded = await served(t, withoutCheckpoints);
  assert.equal(began(folded.service), false);
  assert.deepEqual(await advised(folded), told);
  await folded.service.kill9();
  const second = await served(t, dataDir);
  assert.equal(began(second.service), true);
  assert.deepEqual(await advised(second), told);
  await post(second, item({ margin: 1 }));
  assert.deepEqual(await advised(second), [70, { ...(told[1] as object), faceValue: 1 }]);

  // Another pack asks for what the one before had no use for; then one that asks for nothing new.
  for (const [changed, refold, price] of [
    [pack('item(2).weight'), true, 102],
    [pack('item(2).weight + 1.0'), false, 103],
    [pack('item(1).price', { items: { items: [...items.items].reverse() } }), true, 70],
  ] as const) {
    const { status, json } = await second.client.ask('/v1/packs', { body: { files: packFiles(changed) } });
    assert.deepEqual([status, json.refold], [200, refold], JSON.stringify(json));
    assert.equal(((await advised(second)) as unknown[])[0], price);
    await post(second, item({ attributes: { weight: 102, season: `p${price}` } }));
    assert.equal(((await advised(second)) as unknown[])[0], price);
  }
});
