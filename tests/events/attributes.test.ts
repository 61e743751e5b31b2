import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../../src/events/event.ts';
import type { EventProblem } from '../../src/events/payload.ts';
import { isProblem, readEvent } from '../../src/events/validate.ts';
import { cloudEvent } from '../support/cloud-event.ts';

const accepted = (attributes: Record<string, unknown>): Event => {
  const result = readEvent(cloudEvent(attributes));
  assert.ok(!isProblem(result), JSON.stringify(result));
  return result;
};

const refused = (attributes: Record<string, unknown>, code: string, words: RegExp): EventProblem => {
  const result = readEvent(cloudEvent(attributes));
  assert.ok(isProblem(result), `accepted: ${JSON.stringify(attributes)}`);
  assert.equal(result.code, code, result.message);
  assert.match(result.message, words);
  return result;
};

test('an ordinary order is read whole', () => {
  assert.deepEqual(accepted({}), {
    type: 'order.placed',
    source: '/shop/orders',
    id: 'order-1',
    subject: 'C10023',
    timeMs: Date.UTC(2024, 2, 5, 10, 11, 12),
    data: { orderId: '1', amount: 59.9 },
    extensions: undefined,
  });
});

test('a required attribute that is missing, null, empty or no string is named', () => {
  for (const name of ['specversion', 'type', 'source', 'id', 'subject']) {
    refused({ [name]: undefined }, 'EVENT_ATTRIBUTE_MISSING', new RegExp(`attribute ${name} is missing`));
    refused({ [name]: null }, 'EVENT_ATTRIBUTE_MISSING', new RegExp(`attribute ${name} is missing`));
    refused({ [name]: '' }, 'EVENT_ATTRIBUTE_INVALID', new RegExp(`^${name} must not be empty`));
    refused({ [name]: 7 }, 'EVENT_ATTRIBUTE_INVALID', new RegExp(`^${name} must be a string`));
    refused({ [name]: { a: 1 } }, 'EVENT_ATTRIBUTE_INVALID', new RegExp(`^${name} must be a string`));
  }
});

test('only version 1.0 is read', () => {
  refused({ specversion: '0.3' }, 'EVENT_ATTRIBUTE_INVALID', /must be 1\.0, not "0\.3"/);
});

test('ids are bounded in bytes and free of control characters', () => {
  for (const name of ['id', 'subject']) {
    accepted({ [name]: 'x'.repeat(256) });
    accepted({ [name]: '客'.repeat(85) });
    refused({ [name]: 'x'.repeat(257) }, 'EVENT_ATTRIBUTE_INVALID', /at most 256 bytes/);
    refused({ [name]: '客'.repeat(86) }, 'EVENT_ATTRIBUTE_INVALID', /at most 256 bytes/);
    refused({ [name]: 'x'.repeat(1_000_000) }, 'EVENT_ATTRIBUTE_INVALID', /at most 256 bytes/);
    refused({ [name]: 'a\nb' }, 'EVENT_ATTRIBUTE_INVALID', /control characters/);
    refused({ [name]: 'a\u0085' }, 'EVENT_ATTRIBUTE_INVALID', /control characters/);
    refused({ [name]: 'a\ud800' }, 'EVENT_ATTRIBUTE_INVALID', /control characters/);
  }
});

test('a source is a URI-reference', () => {
  const good = [
    '/shop',
    'shop',
    'https://shop.example/a?b=c#d',
    'urn:uuid:6e8bc430-9c3a-11d9',
    'mailto:a@b.c',
    '//h:80/x',
  ];
  for (const source of [...good, 'http://[::1]/', '%E5%BA%97', '../a']) accepted({ source });
  for (const source of ['a b', '<shop>', '店', 'a%2', '1:x', 'a#b#c', 'a\\b'])
    refused({ source }, 'EVENT_ATTRIBUTE_INVALID', /source must be a URI-reference/);
});

test('time is RFC 3339 within the years that a row can hold, and may be absent', () => {
  assert.ok(Number.isNaN(accepted({ time: undefined }).timeMs));
  assert.ok(Number.isNaN(accepted({ time: null }).timeMs));
  assert.equal(accepted({ time: '2024-03-05T18:11:12.5+08:00' }).timeMs, Date.UTC(2024, 2, 5, 10, 11, 12, 500));
  accepted({ time: '1970-01-02T00:00:00Z' });
  accepted({ time: '2099-12-31T23:59:59.999Z' });
  for (const time of [
    'yesterday',
    '2024-03-05',
    '2024-02-30T00:00:00Z',
    '2024-03-05 10:11:12Z',
    '',
    1709633472000,
    true,
  ])
    refused({ time }, 'EVENT_ATTRIBUTE_INVALID', /time must be an RFC 3339 time/);
  for (const time of ['1970-01-01T23:59:59Z', '2100-01-01T00:00:00Z', '0001-01-01T00:00:00Z'])
    refused({ time }, 'EVENT_ATTRIBUTE_INVALID', /from 1970-01-02/);
});

test('an unknown type is refused with the one that was meant', () => {
  refused({ type: 'order.place' }, 'EVENT_TYPE_UNKNOWN', /no event type "order\.place"; did you mean order\.placed\?/);
  refused({ type: 'Order.Placed' }, 'EVENT_TYPE_UNKNOWN', /did you mean order\.placed\?/);
  refused({ type: 'com.example.something' }, 'EVENT_TYPE_UNKNOWN', /GET \/v1\/events\/types/);
  refused({ type: 'constructor' }, 'EVENT_TYPE_UNKNOWN', /"constructor"/);
  assert.ok(refused({ type: 'x'.repeat(250) }, 'EVENT_TYPE_UNKNOWN', /…/).message.length < 200);
});

test('the types of Beckon are refused from outside and read from Beckon', () => {
  const event = cloudEvent({ type: 'customer.erased', data: {} });
  const outside = readEvent(event);
  assert.ok(isProblem(outside) && outside.code === 'EVENT_TYPE_RESERVED');
  const inside = readEvent(event, 'beckon');
  assert.ok(!isProblem(inside) && inside.type === 'customer.erased');
});

test('a dataschema is ours or refused', () => {
  accepted({ dataschema: 'urn:beckon:event:order.placed:1' });
  accepted({ dataschema: 'https://beckon.example/v1/events/types#order.placed' });
  accepted({ dataschema: '/v1/events/types#order.placed' });
  accepted({ dataschema: null });
  for (const dataschema of [
    'urn:beckon:event:order.refunded:1',
    'urn:beckon:event:order.placed:2',
    'https://x.example/s',
  ])
    refused({ dataschema }, 'EVENT_SCHEMA_UNKNOWN', /urn:beckon:event:order\.placed:1/);
  refused({ dataschema: 1 }, 'EVENT_ATTRIBUTE_INVALID', /dataschema/);
});

test('a datacontenttype is JSON', () => {
  for (const datacontenttype of [
    'application/json',
    'application/json; charset=utf-8',
    'application/vnd.shop+json',
    null,
  ])
    accepted({ datacontenttype });
  for (const datacontenttype of ['text/xml', 'application/json; charset=latin1', 'jsonx', '', 7])
    refused({ datacontenttype }, 'EVENT_ATTRIBUTE_INVALID', /datacontenttype/);
});

test('extensions of the types of CloudEvents are kept, others refused', () => {
  const { extensions } = accepted({ traceparent: '00-ab-cd-01', retries: 2, replayed: false, note: '', gone: null });
  assert.deepEqual({ ...extensions }, { traceparent: '00-ab-cd-01', retries: 2, replayed: false, note: '' });
  accepted({ constructor: 'a name like any other' });
  for (const value of [{ a: 1 }, ['a'], Number.POSITIVE_INFINITY])
    refused({ ext: value }, 'EVENT_ATTRIBUTE_INVALID', /^ext must be/);
  refused({ ext: 'x'.repeat(1025) }, 'EVENT_ATTRIBUTE_INVALID', /1024 bytes/);
  refused({ ext: 'a\u0000' }, 'EVENT_ATTRIBUTE_INVALID', /control/);
  for (const name of ['partitionKey', 'partition_key', 'x-y', ''])
    refused({ [name]: 'a' }, 'EVENT_ATTRIBUTE_INVALID', /may only have a-z and 0-9/);
  const many = Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`ext${i}`, i]));
  refused(many, 'EVENT_ATTRIBUTE_INVALID', /at most 32 extension/);
});

test('what is no object is no event', () => {
  for (const value of [null, 7, 'event', [], [cloudEvent()]]) {
    const result = readEvent(value);
    assert.ok(isProblem(result) && result.code === 'REQUEST_INVALID');
  }
});
