import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { constants } from 'node:http2';
import { join } from 'node:path';
import test from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { WatchRequest } from '../../src/serving/grpc/generated/beckon/v1/scoring.ts';
import { advisingPack } from '../support/advising-pack.ts';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { type Service, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { until } from '../support/until.ts';
import { GrpcClient, type Message } from './grpc-client.ts';
import { framed, RawCall, rawSession } from './raw-call.ts';
import { Watching } from './watching.ts';

let count = 0;

/** A new order of a customer; with this pack the first one changes the advice, and the third. */
const order = (subject: string) => {
  const id = `o${count++}`;
  return cloudEvent({ id, subject, data: { orderId: id, amount: 20 } });
};

const linked = (subject: string, alias: string) =>
  cloudEvent({ id: `l${count++}`, subject, type: 'identity.linked', data: { alias } });

const ARGS = ['--clock', 'log', '--stream-every-ms', '1'];

const start = async (t: Parameters<typeof startService>[0] & object, more: readonly string[] = []) => {
  const service: Service = await startService(t, { args: ['--pack', advisingPack(), ...ARGS, ...more] });
  return { service, http: new Client(t as never, service.http), client: new GrpcClient(t, service.grpc) };
};

test('changes of the decisions for some customers come as they happen, by the id that was asked for', async (t) => {
  const { service, http, client } = await start(t);
  await http.events([order('ada'), linked('ada', 'phone:1')]);
  const all = new Watching(client, { customerIds: ['ada', 'bob', 'eve'] });
  const begun = await all.begun();
  const byAlias = new Watching(client, { customerIds: ['phone:1', 'nobody'], after: 0 });
  await byAlias.until(['phone:1 coupon']);
  const loyal = new Watching(client, { customerIds: ['phone:2', 'ada'], campaignId: 'loyal' });
  await loyal.begun();
  // The first order of bob changes his decision, the second does not; zoe is nobody's.
  await http.events([order('bob'), order('zoe')]);
  await http.events([order('bob'), linked('bob', 'phone:2')]);
  await http.events([order('ada'), order('ada')]);
  await http.events(order('phone:2'));
  await byAlias.until(['phone:1 coupon', 'phone:1 gift']);
  // Linked after the call had begun.
  await loyal.until(['ada gift', 'phone:2 gift']);
  await until(() => all.told.includes('ada gift') && all.told.includes('bob gift'));
  const { decision, cursor } = all.answers.at(-1);
  assert.ok(cursor > begun && decision.asOf.offset > 0 && decision.decision.campaignId === 'loyal');
  assert.equal(all.answers.at(-1).trigger, undefined);

  const { json } = await http.ask(`/v1/decisions?after=${begun}`);
  const same = json.messages.filter(({ customerId }: Message) => customerId !== 'zoe');
  assert.deepEqual(
    all.answers.map((one) => [one.cursor, one.decision.decisionId, one.decision.at]),
    same.map((one: Message) => [one.cursor, one.decisionId, one.at]),
  );
  const again = new Watching(client, { customerIds: ['bob', 'ada'], after: all.answers.at(-3).cursor });
  await again.until(['ada gift', 'bob gift']);

  const late = new Watching(client, { customerIds: ['ada'] }, { deadline: Date.now() + 300 });
  assert.equal((await late.over).code, grpc.status.DEADLINE_EXCEEDED);
  again.call.cancel();
  const metric = async () => (await new Client(t, service.admin).ask('/metrics')).text;
  await until(async () => /beckon_stream_followers_total\{how="left"[^}]*\} 2/.test(await metric()));
  assert.equal(await service.stop(), 0);
  assert.equal(await all.refusal(), 'UNAVAILABLE SHUTTING_DOWN');
});

test('a stream that is switched off is unavailable at both doors', async (t) => {
  const service = await startService(t, { args: ['--stream-every-ms', '0'] });
  const { json } = await new Client(t, service.http).ask('/v1/decisions/stream');
  const refusal = await new Watching(new GrpcClient(t, service.grpc), { customerIds: ['a'] }).refusal();
  assert.deepEqual([json.code, refusal], ['STREAM_UNAVAILABLE', 'UNAVAILABLE STREAM_UNAVAILABLE']);
});

test('one who takes nothing is cut off, and those who read are told everything', async (t) => {
  const config = join(tempFolder(t), 'beckon.yaml');
  writeFileSync(config, 'limits: { streamStallMsMax: 200 }');
  const { service, http, client } = await start(t, ['--config', config]);
  const customerIds = Array.from({ length: 500 }, (_, i) => `customer-${i}`);
  const reader = new Watching(client, { customerIds });
  await reader.begun();
  const stalled = new RawCall(rawSession(t, service.grpc), 'ScoringService/Watch');
  stalled.stream.end(framed(WatchRequest.encode({ customerIds, after: 0, campaignId: undefined }).finish()));
  await http.events(customerIds.map(order));
  await until(() => reader.answers.length === customerIds.length);
  await until(() => stalled.stream.closed);
  assert.equal(stalled.stream.rstCode, constants.NGHTTP2_ENHANCE_YOUR_CALM);

  await t.test('what cannot be watched is refused with the code of HTTP', async () => {
    const { json } = await http.ask('/v1/decisions?after=1000000');
    assert.equal(json.code, 'REQUEST_INVALID');
    for (const asked of [
      {},
      { customerIds: [''] },
      { customerIds: ['a'], after: 1_000_000 },
      { customerIds: ['a'], after: -1 },
      { customerIds: ['a'], after: '9223372036854775807' },
    ])
      assert.match(await new Watching(client, asked).refusal(), /INVALID_ARGUMENT REQUEST_INVALID/);
    const many = Array.from({ length: 10_001 }, (_, i) => `c${i}`);
    assert.equal(await new Watching(client, { customerIds: many }).refusal(), 'RESOURCE_EXHAUSTED BATCH_TOO_LARGE');
  });
});
