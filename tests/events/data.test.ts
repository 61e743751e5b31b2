import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblem, readEvent } from '../../src/events/validate.ts';
import { cloudEvent, deepJson, eventOf } from '../support/cloud-event.ts';

/** `accepted`, or the code and the sentence. */
const answer = (event: unknown): string => {
  const result = readEvent(event);
  return isProblem(result) ? `${result.code}: ${result.message}` : 'accepted';
};
const accepted = (type: string, data: unknown): void => assert.equal(answer(eventOf(type, data)), 'accepted');
const refused = (type: string, data: unknown, sentence: string): void =>
  assert.equal(answer(eventOf(type, data)), `EVENT_DATA_INVALID: ${sentence}`);
const order = (fields: Record<string, unknown>): Record<string, unknown> => ({ orderId: '1', amount: 5, ...fields });

test('the sentence names the field and what it must be', () => {
  refused('order.placed', { amount: 5 }, 'data.orderId is missing');
  refused('order.placed', order({ amount: '5' }), 'data.amount must be a number, not a string');
  refused('order.placed', order({ amount: null }), 'data.amount must be a number, not null');
  refused('order.placed', order({ amount: -1 }), 'data.amount must be >= 0');
  refused('order.placed', order({ amount: 2e12 }), 'data.amount must be <= 1000000000000');
  refused(
    'order.placed',
    order({ amount: Number.POSITIVE_INFINITY }),
    'data.amount must be a number, not an infinite one',
  );
  refused('order.placed', order({ orderId: 7 }), 'data.orderId must be a string, not a number');
  refused('order.placed', order({ orderId: '' }), 'data.orderId must have 1 to 256 bytes and no control characters');
  refused('order.placed', order({ surface: '店'.repeat(86) }), 'data.surface must have at most 256 bytes');
  refused('order.placed', order({ lines: {} }), 'data.lines must be an array, not an object');
  refused(
    'order.placed',
    order({ lines: [{ sku: 'a', quantity: 1 }, { sku: 'b' }] }),
    'data.lines[1].quantity is missing',
  );
  refused('coupon.issued', { couponId: 'c', expiresAt: 'soon' }, 'data.expiresAt must be an RFC 3339 time');
  refused('list.changed', { list: 'vip', member: 'yes' }, 'data.member must be a boolean, not a string');
  refused('feedback.given', { sentiment: 1.5 }, 'data.sentiment must be <= 1');
  refused('product.viewed', { sku: 'a', dwellSeconds: -1 }, 'data.dwellSeconds must be >= 0');
});

test('channels and dispositions are of the list, and a slip is recognised', () => {
  accepted('contact.sent', { channel: 'sms' });
  accepted('consent.revoked', { channel: '*' });
  assert.match(answer(eventOf('contact.sent', { channel: 'wecomm' })), /one of "wecom", .*; did you mean "wecom"\?$/);
  assert.match(answer(eventOf('contact.sent', { channel: '*' })), /^EVENT_DATA_INVALID: data\.channel must be one of/);
  const call = { callId: 'c', campaignId: 'k', disposition: 'answerd_refused' };
  assert.match(answer(eventOf('call.ended', call)), /did you mean "answered_refused"\?$/);
});

test('fields that the schema does not name are kept', () => {
  const data = order({ giftWrap: { colour: 'red', notes: ['a', null] } });
  const result = readEvent(eventOf('order.placed', data));
  assert.ok(!isProblem(result));
  assert.deepEqual(result.data, data);
});

test('the largest real invoices fit', () => {
  const line = { sku: '85123A', quantity: 6, price: 2.55 };
  accepted('order.placed', order({ lines: Array.from({ length: 1500 }, () => line) }));
  const many = Array.from({ length: 4001 }, () => ({ sku: 'a', quantity: 1 }));
  refused('order.placed', order({ lines: many }), 'data.lines must have at most 4000 items, not 4001');
});

test('data is an object, or absent where nothing is required', () => {
  for (const data of [null, 'text', 7, [], true]) refused('member.joined', data, 'data must be a JSON object');
  assert.equal(answer(cloudEvent({ type: 'member.joined', data: undefined })), 'accepted');
  assert.equal(answer(cloudEvent({ data: undefined })), 'EVENT_DATA_INVALID: data.orderId is missing');
});

test('data in base64 is JSON all the same', () => {
  const event = (text: unknown) => cloudEvent({ data: undefined, data_base64: text });
  const base64 = (bytes: string | Buffer) => Buffer.from(bytes as string).toString('base64');
  assert.equal(answer(event(base64('{"orderId":"1","amount":5}'))), 'accepted');
  assert.equal(answer(event(base64('{"orderId":"1"}'))), 'EVENT_DATA_INVALID: data.amount is missing');
  for (const bad of [base64('{'), base64(Buffer.from([0x22, 0xff, 0x22])), '***', 7])
    assert.match(answer(event(bad)), /^EVENT_DATA_INVALID: data_base64 must be/);
  assert.match(answer(cloudEvent({ data_base64: base64('{}') })), /^EVENT_ATTRIBUTE_INVALID: .*not both/);
});

test('a profile takes numbers, truths, short strings, lists of them, and null to unset', () => {
  const attributes = {
    timezone: 'Asia/Shanghai',
    birthday: '1990-05-17',
    storeDistanceKm: 1.2,
    vip: true,
    age: 41,
    job: 'blue-collar',
    tags: ['tea', 'new'],
    region: null,
    seenAt: '2024-01-02T10:00:00Z',
    seenMs: 1709633472000,
    uuid: '550e8400-e29b-41d4-a716-446655440000',
  };
  accepted('profile.updated', { attributes, tagsAdded: ['tea'], tagsRemoved: [] });
  refused('profile.updated', {}, 'data.attributes is missing');
  refused(
    'profile.updated',
    { attributes: { a: {} } },
    'data.attributes.a must be a number or a boolean or a string or an array or null, not an object',
  );
  refused('profile.updated', { attributes: { a: [1] } }, 'data.attributes.a[0] must be a string, not a number');
  refused('profile.updated', { attributes: { a: 'x'.repeat(257) } }, 'data.attributes.a must have at most 256 bytes');
  refused(
    'profile.updated',
    { attributes: { storeDistanceKm: '3' } },
    'data.attributes.storeDistanceKm must be a number or null, not a string',
  );
  assert.match(
    answer(eventOf('profile.updated', { attributes: { '': 1 } })),
    /the name "" in data\.attributes must have 1/,
  );
});

test('no phone number and no e-mail address gets into a profile', () => {
  const phones = [
    '13812345678',
    '+44 20 7946 0958',
    '+6591234567',
    '(0086) 138-1234-5678',
    'call 13812345678',
    'tel:+15551234567',
    13812345678,
  ];
  for (const phone of phones)
    refused(
      'profile.updated',
      { attributes: { contact: phone } },
      'data.attributes.contact looks like a phone number; send it as an alias with identity.linked instead',
    );
  for (const mail of ['ann@shop.example', 'a@b.cn', 'mail me: ann@shop.example'])
    refused(
      'profile.updated',
      { attributes: { contact: mail } },
      'data.attributes.contact looks like an e-mail address; send it as an alias with identity.linked instead',
    );
  refused(
    'profile.updated',
    { attributes: { tags: ['ok', '13812345678'] } },
    'data.attributes.tags looks like a phone number; send it as an alias with identity.linked instead',
  );
  refused(
    'profile.updated',
    { attributes: {}, tagsAdded: ['a@b.cn'] },
    'data.tagsAdded looks like an e-mail address; send it as an alias with identity.linked instead',
  );
  accepted('item.changed', { sku: 'tea', attributes: { barcode: '4006381333931' } });
});

test('keys that reach for a prototype are refused, at any depth, and change nothing', () => {
  const bodies = [
    '{"__proto__":{"polluted":1}}',
    '{"a":[{"\\u005f_proto__":1}]}',
    '{"constructor":{"prototype":{"polluted":1}}}',
  ];
  for (const text of bodies) {
    const data = JSON.parse(`{"orderId":"1","amount":1,"extra":${text}}`);
    assert.match(answer(eventOf('order.placed', data)), /^EVENT_DATA_INVALID: data must not have the key __proto__/);
  }
  const top = JSON.parse('{"orderId":"1","amount":1,"__proto__":{"polluted":1}}');
  assert.match(answer(eventOf('order.placed', top)), /__proto__/);
  const attribute = JSON.parse(JSON.stringify(cloudEvent()).replace('{', '{"__proto__":{"polluted":1},'));
  assert.match(answer(attribute), /^EVENT_ATTRIBUTE_INVALID/);
  const unset = JSON.parse(JSON.stringify(cloudEvent()).replace('{', '{"__proto__":null,'));
  assert.match(answer(unset), /^EVENT_ATTRIBUTE_INVALID/);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  accepted('order.placed', order({ constructor: 'Bau AG' }));
});

test('nesting is bounded, and a very deep body is no danger', () => {
  const nested = (depth: number) =>
    cloudEvent({ data: JSON.parse(`{"orderId":"1","amount":1,"x":${deepJson(depth)}}`) });
  assert.equal(answer(nested(62)), 'accepted');
  assert.match(answer(nested(63)), /^JSON_TOO_DEEP/);
  assert.match(answer(nested(10_000)), /^JSON_TOO_DEEP/);
  assert.match(answer(cloudEvent({ ext: JSON.parse(deepJson(10_000)) })), /^JSON_TOO_DEEP/);
  assert.match(answer(cloudEvent({ data: JSON.parse(deepJson(10_000)) })), /^JSON_TOO_DEEP/);
  assert.match(answer(JSON.parse(deepJson(10_000))), /^JSON_TOO_DEEP/);
});

test('an event is bounded in bytes of its data', () => {
  const sized = (text: string) => cloudEvent({ data: order({ note: text }) });
  const frame = Buffer.byteLength(JSON.stringify(order({ note: '' })));
  assert.equal(answer(sized('x'.repeat(262_144 - frame))), 'accepted');
  assert.match(answer(sized('x'.repeat(262_145 - frame))), /^EVENT_TOO_LARGE/);
  assert.match(answer(sized('\u0001'.repeat(50_000))), /^EVENT_TOO_LARGE/);
  assert.match(answer(sized('店'.repeat(90_000))), /^EVENT_TOO_LARGE/);
  assert.match(
    answer(cloudEvent({ data: order({ list: Array.from({ length: 100_000 }, () => 12) }) })),
    /^EVENT_TOO_LARGE/,
  );
});
