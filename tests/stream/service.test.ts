import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { advisingPack } from '../support/advising-pack.ts';
import { Follower } from '../support/follower.ts';
import { Client } from '../support/http-client.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const event = (id: string, type: string, subject: string, data: object) => ({
  specversion: '1.0',
  source: 'stream-test',
  id,
  type,
  subject,
  time: '2026-01-01T10:00:00Z',
  data,
});

const orders = (customer: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) =>
    event(`${customer}-${from + i}`, 'order.placed', customer, { orderId: `${customer}-${from + i}`, amount: 10 }),
  );

// biome-ignore lint/suspicious/noExplicitAny: messages as JSON
type Messages = any[];

const page = async (client: Client, query = ''): Promise<{ messages: Messages; next: number; more: boolean }> => {
  const { status, text, json } = await client.ask(`/v1/decisions?${query}`);
  assert.equal(status, 200, text);
  return json;
};

/** Asks by cursor until the messages fit. */
const until = async (client: Client, fits: (messages: Messages) => boolean, query = ''): Promise<Messages> => {
  for (;;) {
    const { messages } = await page(client, query);
    if (fits(messages)) return messages;
  }
};

const told = ({ customerId, type, campaignId, decision }: Messages[number]) =>
  [type, customerId, decision.actionId, campaignId ?? null].join(' ');

test('decisions that change go out by cursor and as events, over a kill and an erasure', async (t) => {
  const args = ['--pack', advisingPack(), '--clock', 'log', '--stream-every-ms', '1'];
  const dataDir = tempFolder(t);
  let service = await startService(t, { args, dataDir });
  let client = new Client(t, service.http);
  // Before anybody has asked for the stream.
  await client.events([...orders('ada', 1, 1), event('l1', 'identity.linked', 'ada', { alias: 'phone:1' })]);
  const [first] = await until(client, ({ length }) => length > 0);
  assert.equal(told(first), 'decision.made ada coupon welcome');
  const follower = new Follower(t, service.http, '/v1/decisions/stream');
  const loyal = new Follower(t, service.http, '/v1/decisions/stream?campaignId=loyal&after=0');
  const welcome = new Follower(t, service.http, '/v1/decisions/stream?campaignId=welcome&after=0');
  await welcome.until(({ id }) => id === first.cursor);
  // The second order changes nothing of the advice; the third, by an alias, does.
  await client.events(orders('ada', 2, 2));
  await client.events(orders('bob', 1, 1));
  await follower.until(({ data }) => data.customerId === 'bob');
  await client.events([{ ...orders('ada', 3, 3)[0], subject: 'phone:1' }]);
  const third = await follower.until(({ data }) => data.customerId === 'ada');
  assert.equal(third.event, 'decision.made');
  assert.equal(third.id, third.data.cursor);
  assert.equal(told(third.data), 'decision.made ada gift loyal');
  await loyal.until(({ id }) => id === third.id);
  // Who acts for a campaign is told of those who have left it.
  await welcome.until(({ id }) => id === third.id);
  const all = ['decision.made bob coupon welcome', 'decision.made ada gift loyal'];
  assert.deepEqual(
    follower.messages.map(({ data }) => told(data)),
    all,
  );
  assert.deepEqual(
    loyal.messages.map(({ data }) => told(data)),
    [all[1]],
  );

  await service.kill9();
  await follower.ended;
  service = await startService(t, { args, dataDir });
  client = new Client(t, service.http);
  await client.events([...orders('eve', 1, 1), ...orders('bob', 2, 2)]);
  const again = new Follower(t, service.http, '/v1/decisions/stream', { 'last-event-id': String(first.cursor) });
  const eve = await again.until(({ data }) => data.customerId === 'eve');
  assert.deepEqual(
    again.messages.map(({ data }) => told(data)),
    [...all, 'decision.made eve coupon welcome'],
  );
  const { messages, next, more } = await page(client, `after=${first.cursor}&limit=2`);
  assert.deepEqual(messages.map(told), all);
  assert.deepEqual([next, more], [third.id, true]);
  const none = await page(client, 'campaignId=nobodys');
  assert.deepEqual([none.messages, none.next], [[], eve.id], 'what is filtered out is passed');
  const { json: beyond } = await client.ask(`/v1/decisions?after=${eve.id + 1000}`);
  assert.equal(beyond.code, 'REQUEST_INVALID');
  const { text } = await new Client(t, service.admin).ask('/metrics');
  assert.match(text, /beckon_stream_messages_total [1-9]/);
  assert.match(text, /beckon_stream_waiting_events 0/);

  await client.ask('/v1/customers/phone:1', { method: 'DELETE' });
  await until(client, (left) => left.every(({ customerId }) => customerId !== 'ada'));
  assert.equal(await service.stop(), 0);
  assert.equal((await again.until(({ event }) => event === 'end')).data.code, 'SHUTTING_DOWN');
  // It knows models only, by hashes in hex, which may spell her name.
  for (const name of readdirSync(dataDir, { recursive: true, withFileTypes: true }))
    if (name.isFile() && name.name !== 'proven-bundles.json')
      assert.ok(!readFileSync(join(name.parentPath, name.name)).includes('ada'), `${name.name} still names ada`);
});
