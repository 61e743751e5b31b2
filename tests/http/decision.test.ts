import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { type LinearColumn, writeLinearBundle } from '../support/linear-bundle.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const RETAIL = fileURLToPath(new URL('../../models/retail', import.meta.url));
/** 18:30 in the business's time. */
const AT = '2024-03-06T10:30:00.000Z';
const BEFORE = '2024-02-20T01:00:00Z';
const logit = (p: number): number => Math.log(p / (1 - p));
/** Evenings are better: three times the odds at 20 o'clock. */
const EVENING = Array.from({ length: 24 }, (_, hour) => (hour === 20 ? Math.log(3) : 0));

const column = (of: string, name: string, p: number, more: Partial<LinearColumn> = {}): LinearColumn => ({
  ...{ of, name, bias: logit(p) },
  ...more,
});
const COLUMNS: readonly LinearColumn[] = [
  column('action', 'buy.hold', 0.02),
  column('action', 'buy.second_order_coupon', 0.22),
  // Somebody with more orders shares more.
  column('action', 'buy.content_share', 0.05, { weights: { orders: 0.1 } }),
  column('action', 'buy.add_friend', 0.3),
  column('action', 'buy.replenishment_reminder', 0.1),
  column('action', 'buy.live_invite', 0.021),
  column('action', 'redeem', 0.5),
  column('channel', 'reach.sms', 0.2, { hours: { terms: EVENING } }),
  column('channel', 'reach.wecom', 0.6),
  column('channel', 'reach.moments', 0.1),
  column('channel', 'reach.human_call', 0.4),
  column('call', 'answer', 0.4, { hours: { terms: EVENING } }),
  column('call', 'convert', 0.25),
];

// biome-ignore lint/suspicious/noExplicitAny: the answer as JSON
type Json = any;

/** A customer with one order, who is a friend, has a phone, and consents to the channels named. */
const customer = (id: string, consents: readonly string[], isFriend = true): object[] => {
  const event = (type: string, data: object, i = 0) =>
    cloudEvent({ type, id: `${id}-${type}-${i}`, subject: id, time: BEFORE, data });
  return [
    event('order.placed', { orderId: `${id}-1`, amount: 120 }),
    event('identity.linked', { alias: `phone:${id}-b` }),
    event('identity.linked', { alias: `phone:${id}-a` }, 1),
    event('identity.linked', { alias: `wecom:${id}` }, 2),
    ...(isFriend ? [event('friend.added', {})] : []),
    ...consents.map((channel, i) => event('consent.granted', { channel }, i)),
  ];
};

test('a decision over HTTP: what, over which channel, when, and what it is worth', async (t) => {
  const folder = join(tempFolder(t), 'retail');
  cpSync(RETAIL, folder, { recursive: true });
  // An order has an hour, too: what it would add is tested with the hours themselves.
  const channelsPath = join(folder, 'channels.yaml');
  writeFileSync(channelsPath, readFileSync(channelsPath, 'utf8').replaceAll(', hours: eveningActiveShare', ''));
  writeLinearBundle(folder, { pack: 'retail', head: 'decision', features: ['orders'], columns: COLUMNS });
  const service = await startService(t, { args: ['--pack', folder] });
  const client = new Client(t, service.http);
  const told = [
    ...customer('ann', ['*']),
    ...customer('bob', ['sms'], false),
    ...customer('cat', []),
    ...customer('dan', ['*'], false),
    ...customer('eve', ['*']),
    cloudEvent({
      ...{ id: 'honey', subject: 'eve', time: BEFORE },
      data: { orderId: 'honey', amount: 58, lines: [{ sku: 'honey-500g', quantity: 1, supplyDays: 20 }] },
    }),
  ];
  assert.equal((await client.events(told)).status, 202);
  const ask = async (body: object): Promise<Json> => {
    const { status, json } = await client.score({ at: AT, ...body });
    assert.equal(status, 200, JSON.stringify(json));
    return json;
  };

  await t.test('the best action over its best channel, with address, params and every term', async () => {
    const { decision, ranked, models, scores, suppressed } = await ask({ customerId: 'ann' });
    const { expectedValue, ...advised } = decision;
    assert.deepEqual(advised, {
      actionId: 'second_order_coupon',
      channel: 'wecom',
      sendAt: AT,
      expiresAt: '2024-03-07T10:30:00.000Z',
      selectionProbability: 1,
      hold: false,
      campaignId: 'always-on',
      address: 'wecom:ann',
      params: {
        ...{ offer: 'coupon', benefit: 'money off the second order', faceValue: 15, validityDays: 14 },
        ...{ script: 'second-order', priceGroup: 'coupon' },
      },
    });
    // 0.6 × (0.2 × 0.45 × 120 - 0.22 × 0.5 × 15) - 0.05 - 0.12
    assert.equal(expectedValue, 5.32);
    assert.deepEqual(ranked[0].terms, {
      ...{ reach: 0.6, respond: 0.2, value: 54, discount: 1.65, lever: 1, cost: 0.05, fatigue: 0.12, budget: 0 },
    });
    assert.equal(ranked.length, 3);
    assert.deepEqual(models, {
      ...{ action: 'retail-decision@1', channel: 'retail-decision@1', call: 'retail-decision@1' },
      repurchase: 'retail-repurchase@1',
    });
    assert.deepEqual(Object.keys(scores).sort(), ['repurchase30d', 'repurchase90d']);
    assert.deepEqual(suppressed, []);
  });

  await t.test('what runs out is what is offered', async () => {
    const { decision } = await ask({ customerId: 'eve', actions: ['replenishment_reminder'] });
    assert.deepEqual([decision.actionId, decision.channel], ['replenishment_reminder', 'wecom']);
    assert.deepEqual(decision.params, { offer: 'reminder', sku: 'honey-500g', script: 'run-out' });
  });

  await t.test('a later hour is chosen where it is better, and its hour is the time to send', async () => {
    const { decision, channels, call } = await ask({ customerId: 'bob' });
    assert.deepEqual(
      [decision.actionId, decision.channel, decision.sendAt, decision.expiresAt, decision.address],
      ['second_order_coupon', 'sms', '2024-03-06T12:00:00.000Z', '2024-03-07T12:00:00.000Z', 'phone:bob-a'],
    );
    // Odds of 1 : 4 become 3 : 4.
    assert.equal(channels.find(({ channel }: Json) => channel === 'sms').propensity, 0.4286);
    assert.equal(call.bestHour, 20);
    assert.equal(call.callNow, false);
    const { decision: then, call: callThen } = await ask({ customerId: 'bob', at: '2024-03-06T12:10:00Z' });
    assert.equal(then.sendAt, '2024-03-06T12:10:00.000Z');
    assert.equal(callThen.bestHour, 20);
  });

  await t.test('whom a channel does not reach, or who did not consent, is not contacted over it', async () => {
    const { decision, channels, suppressed } = await ask({ customerId: 'cat' });
    assert.deepEqual(decision, { actionId: 'hold', expectedValue: 0, hold: true, selectionProbability: 1 });
    const rules = Object.fromEntries(
      channels.map(({ channel, allowed, rule }: Json) => [channel, `${allowed} ${rule}`]),
    );
    assert.deepEqual(rules, {
      ...{ wecom: 'false consent.wecom', moments: 'false consent.moments', sms: 'false consent.sms' },
      ...{ ai_call: 'false consent.ai_call', human_call: 'false consent.human_call' },
      ...{ app_push: 'false reach.app_push', official_account: 'false reach.official_account' },
      wecom_group: 'false reach.wecom_group',
    });
    assert.deepEqual(suppressed[suppressed.length - 1], {
      ...{ actionId: 'second_order_coupon', channel: 'wecom', rule: 'consent.wecom' },
    });
    const propensities = channels.map(({ propensity }: Json) => propensity);
    assert.deepEqual(propensities.slice(0, 4), [0.6, 0.4286, 0.4, 0.1]);
    assert.ok(propensities.slice(4).every((one: unknown) => one === undefined));
    const unknown = await ask({ customerId: 'nobody has told of this one' });
    assert.equal(unknown.decision.hold, true);
  });

  await t.test('limit, channels and actions narrow what is ranked; hold always competes', async () => {
    const all = await ask({ customerId: 'ann', limit: 100 });
    const ids = all.ranked.map(({ actionId, channel }: Json) => `${actionId} ${channel}`);
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.includes('hold undefined'));
    const worths = all.ranked.map(({ expectedValue }: Json) => expectedValue);
    assert.deepEqual(
      worths,
      [...worths].sort((a, b) => b - a),
    );
    for (const { terms, expectedValue } of all.ranked.filter(({ hold }: Json) => hold !== true)) {
      const { reach, respond, value, discount, lever, cost, fatigue, budget } = terms;
      const worth = reach * (respond * value - discount) * lever - cost - fatigue - budget;
      assert.ok(Math.abs(worth - expectedValue) <= 0.00005 + 1e-9, `${worth} is not ${expectedValue}`);
    }
    // One order: P = sigmoid(logit(0.05) + 0.1); worth 48 × what hold lacks.
    const share = all.ranked.find(({ actionId }: Json) => actionId === 'content_share');
    assert.equal(share.terms.respond, 0.035);
    const one = await ask({ customerId: 'ann', limit: 1 });
    assert.deepEqual(one.ranked, all.ranked.slice(0, 1));
    const narrowed = await ask({
      customerId: 'ann',
      channels: ['moments', 'email'],
      actions: ['live_invite'],
      limit: 9,
    });
    assert.deepEqual(
      narrowed.ranked.map(({ actionId }: Json) => actionId),
      ['hold', 'live_invite'],
    );
    assert.equal(narrowed.decision.hold, true);
    const held = await ask({ customerId: 'ann', actions: ['hold'] });
    assert.equal(held.ranked.length, 1);
  });

  await t.test('a campaign allows what it declares; what is not there is refused in words', async () => {
    const { decision, ranked } = await ask({ customerId: 'dan', campaignId: 'call-list', limit: 10 });
    assert.equal(decision.campaignId, 'call-list');
    assert.ok(ranked.every(({ channel, hold }: Json) => hold === true || channel === 'human_call'));
    const campaign = await client.score({ customerId: 'dan', campaignId: 'call-lst' });
    assert.deepEqual([campaign.status, campaign.json.code], [404, 'CAMPAIGN_UNKNOWN']);
    assert.match(campaign.json.detail, /did you mean "call-list"/);
    const action = await client.score({ customerId: 'dan', actions: ['hold', 'recall_cupon'] });
    assert.deepEqual([action.status, action.json.code], [400, 'REQUEST_INVALID']);
    assert.match(action.json.detail, /^actions\[1\].*did you mean "recall_coupon"/);
  });

  await t.test('the call is a view of the same numbers', async () => {
    const { call } = await ask({ customerId: 'dan', at: '2024-03-06T12:10:00Z' });
    // Answered with odds of 2 : 3, thrice as much at 20 o'clock; 0.45 × 120 a conversion; 2.5 + 3 × 0.12 a call.
    assert.deepEqual(call, {
      ...{ propensity: 0.1667, answer: 0.6667, convert: 0.25, expectedValue: 6.1404, bestHour: 20, callNow: true },
    });
    const { call: barred } = await ask({ customerId: 'cat', at: '2024-03-06T12:10:00Z' });
    assert.deepEqual([barred.bestHour, barred.callNow], [20, false]);
  });

  await t.test('a batch, in the thread and in the pool, gives what one question gives', async () => {
    const { decisionId, asOf, ...alone } = await ask({ customerId: 'bob' });
    for (const others of [2, 300]) {
      const customerIds = [...Array.from({ length: others }, (_, i) => `n${i}`), 'bob'];
      const { json } = await client.ask('/v1/score/batch', { body: { customerIds, at: AT } });
      const { decisionId: _id, asOf: _asOf, ...last } = json.results[others];
      assert.deepEqual(last, alone);
    }
  });

  await t.test('the example of the document is right', async () => {
    const { json } = await client.ask('/openapi.json');
    const { schema } = json.paths['/v1/score'].post.responses['200'].content['application/json'];
    const [{ terms, expectedValue }] = schema.properties.ranked.items.examples;
    const { reach, respond, value, discount, lever, cost, fatigue, budget } = terms;
    const worth = reach * (respond * value - discount) * lever - cost - fatigue - budget;
    assert.ok(Math.abs(worth - expectedValue) < 0.00005);
  });
});
