import assert from 'node:assert/strict';
import test from 'node:test';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { startService } from '../support/service.ts';

const DAY = 86_400_000;
/** Those of the pack; nothing is known that would make one of them an address of C1. */
const CHANNELS = [
  ...['ai_call', 'app_push', 'human_call', 'moments', 'official_account', 'sms', 'wecom', 'wecom_group'],
];
const LAST_ORDER = '2024-03-05T10:11:12.000Z';

test('scores over HTTP', async (t) => {
  const service = await startService(t);
  const client = new Client(t, service.http);
  const orders = [100, 40, 1].map((days, i) =>
    cloudEvent({
      id: `o${i}`,
      subject: 'C1',
      time: new Date(Date.parse(LAST_ORDER) - (days - 1) * DAY).toISOString(),
      data: { orderId: `${i}`, amount: 300 },
    }),
  );
  assert.equal((await client.events(orders)).status, 202);

  await t.test('a decision has every field of the contract, and nothing else', async () => {
    const { status, headers, json } = await client.score({ customerId: 'C1', at: '2024-03-06T12:00:00+02:00' });
    assert.equal(status, 200);
    assert.match(headers['content-type'] as string, /^application\/json/);
    const { decisionId, asOf, scores, channels, call, suppressed, ...rest } = json;
    assert.match(decisionId, /^[0-9a-f]{3}-.+/);
    assert.deepEqual(Object.keys(asOf), ['offset', 'lagMs']);
    assert.equal(asOf.offset, 2);
    assert.ok(Number.isInteger(asOf.lagMs) && asOf.lagMs >= 0);
    assert.deepEqual(Object.keys(scores).sort(), ['repurchase30d', 'repurchase90d']);
    for (const score of Object.values<number>(scores)) {
      assert.ok(score > 0 && score < 1);
      assert.equal(score, Number(score.toFixed(4)));
    }
    assert.deepEqual(rest, {
      customerId: 'C1',
      known: true,
      at: '2024-03-06T10:00:00.000Z',
      decision: { actionId: 'hold', expectedValue: 0, hold: true, selectionProbability: 1 },
      ranked: [{ actionId: 'hold', expectedValue: 0, hold: true }],
      segments: { tier: 'silver', lifecycle: 'active', intent: rest.segments.intent, priceSensitivity: 'low' },
      models: {
        ...{ action: 'retail-decision@1', channel: 'retail-decision@1', call: 'retail-decision@1' },
        repurchase: 'retail-repurchase@1',
      },
      reasons: [],
    });
    assert.deepEqual(channels.map(({ channel }: { channel: string }) => channel).sort(), CHANNELS);
    for (const { channel, propensity, ...barred } of channels) {
      assert.ok(propensity > 0 && propensity < 1, channel);
      assert.deepEqual(barred, { allowed: false, rule: `reach.${channel}` });
    }
    for (const { channel, rule } of suppressed) assert.equal(rule, `reach.${channel}`);
    assert.deepEqual(Object.keys(call), ['propensity', 'answer', 'convert', 'expectedValue', 'bestHour', 'callNow']);
    assert.equal(call.callNow, false);
  });

  await t.test('a customer that no event has named is scored from defaults', async () => {
    const [unknown, other] = await Promise.all(
      ['never seen', 'nor this one'].map((customerId) => client.score({ customerId, at: '2024-03-06T00:00:00Z' })),
    );
    assert.equal(unknown.status, 200);
    assert.equal(unknown.json.known, false);
    assert.equal(unknown.json.segments.lifecycle, 'prospect');
    assert.deepEqual(unknown.json.scores, other.json.scores);
    assert.notEqual(unknown.json.decisionId, other.json.decisionId);
  });

  await t.test('without at, the answer is of now', async () => {
    const from = Date.now();
    const { json } = await client.score({ customerId: 'C1' });
    const at = Date.parse(json.at);
    assert.ok(at >= from && at <= Date.now());
    assert.equal(json.segments.lifecycle, 'lapsed');
  });

  await t.test('at may be the last event and up to a year ahead, and nothing outside', async () => {
    const ask = async (at: string | number) => {
      const { status, json } = await client.score({ customerId: 'C1', at: new Date(at).toISOString() });
      return `${status} ${json.code ?? json.at}`;
    };
    assert.equal(await ask(LAST_ORDER), `200 ${LAST_ORDER}`);
    assert.equal(await ask(Date.parse(LAST_ORDER) - 1000), '422 AT_BEFORE_STATE');
    const year = Date.now() + 365 * DAY;
    assert.equal(await ask(year), `200 ${new Date(year).toISOString()}`);
    assert.equal(await ask(Date.now() + 367 * DAY), '422 AT_TOO_FAR');
  });

  await t.test('a question with every field is answered', async () => {
    const { status } = await client.score({
      customerId: 'C1',
      campaignId: 'always-on',
      context: { hour: 10, weekend: false, page: 'home', constructor: 'x' },
      channels: ['sms', 'ai_call'],
      actions: ['second_order_coupon'],
      limit: 5,
      explain: true,
      at: LAST_ORDER,
    });
    assert.equal(status, 200);
  });

  await t.test('nothing is coerced, and what is not in the contract is refused', async () => {
    const bad: unknown[] = [
      {},
      { customerId: 7 },
      { customerId: null },
      { customerId: ['C1'] },
      { customerId: '' },
      { customerId: 'C1', unknown: true },
      { customerId: 'C1', limit: '3' },
      { customerId: 'C1', limit: 0 },
      { customerId: 'C1', limit: 1.5 },
      { customerId: 'C1', explain: 'yes' },
      { customerId: 'C1', channels: ['pigeon'] },
      { customerId: 'C1', channels: 'sms' },
      { customerId: 'C1', context: [] },
      { customerId: 'C1', context: { hour: { of: 'day' } } },
      { customerId: 'C1', campaignId: 3 },
      { customerId: 'C1', at: 1709633472 },
      { customerId: 'C1', at: '2024-03-06' },
      { customerId: 'C1', at: '2024-02-30T00:00:00Z' },
      { customerId: 'C1', at: '' },
      { customerId: 'x'.repeat(257) },
      { customerId: '€'.repeat(86) },
      [],
      'C1',
      7,
      null,
    ];
    for (const body of bad) {
      const text = JSON.stringify(body);
      const { status, headers, json } = await client.ask('/v1/score', { method: 'POST', body: text });
      assert.deepEqual([status, json.code, text], [400, 'REQUEST_INVALID', text]);
      assert.match(headers['content-type'] as string, /^application\/problem\+json/);
      assert.deepEqual(Object.keys(json).sort(), ['code', 'detail', 'status', 'title', 'type']);
      assert.equal(json.status, 400);
    }
  });

  await t.test('a batch is answered in order, each as if asked alone', async () => {
    const at = '2024-03-06T00:00:00Z';
    const customerIds = ['b', 'C1', 'a', 'C1'];
    const { status, json } = await client.ask('/v1/score/batch', { body: { customerIds, at, record: false } });
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(json), ['results']);
    const ids = json.results.map(({ customerId }: { customerId: string }) => customerId);
    assert.deepEqual(ids, customerIds);
    const { json: alone } = await client.score({ customerId: 'C1', at });
    const { decisionId, asOf, ...expected } = alone;
    for (const i of [1, 3]) {
      const { decisionId: own, asOf: ownAsOf, ...result } = json.results[i];
      assert.notEqual(own, decisionId);
      assert.equal(ownAsOf.offset, asOf.offset);
      assert.deepEqual(result, expected);
    }
  });

  await t.test('a batch is refused as a whole, and says because of whom', async () => {
    const ask = async (body: unknown) => {
      const { status, json } = await client.ask('/v1/score/batch', { body });
      return { status, code: json.code, detail: json.detail as string, json };
    };
    const early = '2024-01-01T00:00:00Z';
    const inPool = Array.from({ length: 2000 }, (_, i) => (i === 1257 ? 'C1' : `n${i}`));
    for (const customerIds of [['a', 'C1'], inPool]) {
      const { status, code, detail } = await ask({ customerIds, at: early });
      assert.deepEqual([status, code], [422, 'AT_BEFORE_STATE']);
      assert.ok(detail.startsWith(`customerIds[${customerIds.indexOf('C1')}]`), detail);
    }
    for (const bad of [[], ['a', ''], ['a', 7], 'a', ['a', 'b\u0000']]) {
      const { status, code } = await ask({ customerIds: bad });
      assert.deepEqual([status, code], [400, 'REQUEST_INVALID'], JSON.stringify(bad));
    }
    const tooMany = await ask({ customerIds: Array.from({ length: 10_001 }, (_, i) => `c${i}`) });
    assert.deepEqual([tooMany.status, tooMany.code, tooMany.json.limit], [413, 'BATCH_TOO_LARGE', 10_000]);
  });

  await t.test('a batch of the largest size is answered', async () => {
    const customerIds = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
    const { status, json } = await client.ask('/v1/score/batch', { body: { customerIds } });
    assert.equal(status, 200);
    assert.deepEqual(
      json.results.map(({ customerId }: { customerId: string }) => customerId),
      customerIds,
    );
  });
});
