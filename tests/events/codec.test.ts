import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BeckonError } from '../../src/base/errors.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { type EventItem, isRejected, readRequest, toCloudEvent } from '../../src/events/codec.ts';
import type { Event } from '../../src/events/event.ts';
import { isProblem, readEvent } from '../../src/events/validate.ts';
import { cloudEvent, deepJson, jsonBytes } from '../support/cloud-event.ts';

const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const BINARY = {
  'ce-specversion': '1.0',
  'ce-type': 'order.placed',
  'ce-source': '/shop/orders',
  'ce-id': 'order-1',
  'ce-subject': 'C10023',
  'ce-time': '2024-03-05T10:11:12Z',
};
const DATA = jsonBytes({ orderId: '1', amount: 59.9 });

const event = (item: EventItem): Event => {
  assert.ok(!isRejected(item), JSON.stringify(item));
  return item;
};
const codes = (items: EventItem[]): string[] => items.map((item) => (isRejected(item) ? item.code : 'accepted'));
const fails = (code: string, type: string | undefined, body: Uint8Array, headers = {}): void =>
  assert.throws(
    () => readRequest(type, headers, body),
    (error) => error instanceof BeckonError && error.code === code,
    code,
  );

test('the three modes read the same event', () => {
  const [structured] = readRequest(STRUCTURED, {}, jsonBytes(cloudEvent()));
  const [batched] = readRequest(BATCH, {}, jsonBytes([cloudEvent()]));
  const [binary] = readRequest('application/json', BINARY, DATA);
  assert.deepEqual(event(batched), event(structured));
  assert.deepEqual(event(binary), event(structured));
  assert.equal(event(structured).id, 'order-1');
});

test('content types are read whatever their case and parameters, in UTF-8 only', () => {
  for (const type of [
    'Application/CloudEvents+JSON',
    `${STRUCTURED}; charset=UTF-8`,
    `${STRUCTURED};charset="utf-8";x=y`,
  ])
    assert.deepEqual(codes(readRequest(type, {}, jsonBytes(cloudEvent()))), ['accepted']);
  fails('CONTENT_TYPE_UNSUPPORTED', `${STRUCTURED}; charset=utf-16`, jsonBytes(cloudEvent()));
  fails('CONTENT_TYPE_UNSUPPORTED', 'application/cloudevents+avro', DATA);
});

test('a batch says of each event what became of it, in order', () => {
  const bad = cloudEvent({ id: 'order-2', type: 'order.paid' });
  const items = readRequest(BATCH, {}, jsonBytes([cloudEvent(), bad, 7, cloudEvent({ id: 'a\nb' })]));
  assert.deepEqual(codes(items), ['accepted', 'EVENT_TYPE_UNKNOWN', 'REQUEST_INVALID', 'EVENT_ATTRIBUTE_INVALID']);
  const rejected = items.filter(isRejected).map(({ index, id }) => [index, id]);
  assert.deepEqual(rejected, [
    [1, 'order-2'],
    [2, undefined],
    [3, undefined],
  ]);
  assert.deepEqual(readRequest(BATCH, {}, jsonBytes([])), []);
});

test('a batch is bounded, and a list', () => {
  const many = (count: number) => jsonBytes(Array.from({ length: count }, () => cloudEvent()));
  assert.equal(readRequest(BATCH, {}, many(LIMITS.eventsPerRequestMax)).length, LIMITS.eventsPerRequestMax);
  fails('BATCH_TOO_LARGE', BATCH, many(LIMITS.eventsPerRequestMax + 1));
  fails('REQUEST_INVALID', BATCH, jsonBytes(cloudEvent()));
});

test('a body that is not JSON in UTF-8 is malformed as a whole', () => {
  for (const text of ['', '{', '{"a":NaN}', "{'a':1}", '[1,]']) {
    fails('MALFORMED_JSON', STRUCTURED, Buffer.from(text));
    fails('MALFORMED_JSON', BATCH, Buffer.from(text));
    if (text !== '') fails('MALFORMED_JSON', 'application/json', Buffer.from(text), BINARY);
  }
  const invalid = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
  fails('MALFORMED_JSON', STRUCTURED, invalid);
});

test('a very deep body is refused and does no harm', () => {
  const deep = Buffer.from(deepJson(10_000));
  assert.deepEqual(codes(readRequest(STRUCTURED, {}, deep)), ['JSON_TOO_DEEP']);
  assert.deepEqual(codes(readRequest(BATCH, {}, deep)), ['JSON_TOO_DEEP']);
  assert.deepEqual(codes(readRequest('application/json', { ...BINARY, 'ce-type': 'member.joined' }, deep)), [
    'JSON_TOO_DEEP',
  ]);
});

test('neither a CloudEvents content type nor ce- headers is no event at all', () => {
  fails('EVENT_ATTRIBUTE_MISSING', 'application/json', jsonBytes(cloudEvent()));
  fails('EVENT_ATTRIBUTE_MISSING', undefined, DATA, { host: 'x', cerise: 'red' });
});

test('binary: what is missing is named', () => {
  for (const name of ['ce-specversion', 'ce-type', 'ce-source', 'ce-id', 'ce-subject']) {
    const [item] = readRequest('application/json', { ...BINARY, [name]: undefined }, DATA);
    assert.ok(isRejected(item) && item.code === 'EVENT_ATTRIBUTE_MISSING');
    assert.match(item.message, new RegExp(name.slice(3)));
  }
});

test('binary: header values are decoded as the HTTP binding says', () => {
  const subjectOf = (subject: string) => {
    const [item] = readRequest('application/json', { ...BINARY, 'ce-subject': subject }, DATA);
    return isRejected(item) ? item.code : item.subject;
  };
  assert.equal(subjectOf('member:%E5%AE%A2%20%22a%22'), 'member:客 "a"');
  assert.equal(subjectOf('%e5%ae%a2'), '客');
  assert.equal(subjectOf('"quoted \\"id\\""'), 'quoted "id"');
  assert.equal(subjectOf('50% of 100%25'), '50% of 100%');
  assert.equal(subjectOf('  C1 '), 'C1');
  assert.equal(subjectOf(Buffer.from('客').toString('latin1')), '客');
  assert.equal(subjectOf('%E5%AE'), 'EVENT_ATTRIBUTE_INVALID');
  assert.equal(subjectOf('%00'), 'EVENT_ATTRIBUTE_INVALID');
});

test('binary: extensions are strings, and no header replaces data or its type', () => {
  const [item] = readRequest('application/json', { ...BINARY, 'ce-traceparent': '00-ab', 'ce-n': '7' }, DATA);
  assert.deepEqual({ ...event(item).extensions }, { traceparent: '00-ab', n: '7' });
  for (const name of ['ce-data', 'ce-data_base64', 'ce-datacontenttype', 'ce-__proto__', 'ce-x-y'])
    assert.deepEqual(codes(readRequest('application/json', { ...BINARY, [name]: 'x' }, DATA)), [
      'EVENT_ATTRIBUTE_INVALID',
    ]);
});

test('binary: the body is JSON, whether said or not, and may be absent', () => {
  assert.deepEqual(codes(readRequest(undefined, BINARY, DATA)), ['accepted']);
  const joined = { ...BINARY, 'ce-type': 'member.joined' };
  assert.deepEqual(codes(readRequest(undefined, joined, new Uint8Array(0))), ['accepted']);
  assert.deepEqual(codes(readRequest('text/xml', BINARY, Buffer.from('<a/>'))), ['EVENT_ATTRIBUTE_INVALID']);
});

test('an event that is written as a CloudEvent reads as the same event', () => {
  const sent = [cloudEvent({ traceparent: '00-ab', retries: 2 }), cloudEvent({ time: undefined, subject: '客 "1"' })];
  for (const value of sent) {
    const first = readEvent(value);
    assert.ok(!isProblem(first));
    const text = JSON.stringify(toCloudEvent(first));
    assert.deepEqual(readEvent(JSON.parse(text)), first);
    assert.equal('time' in JSON.parse(text), value.time !== undefined);
  }
});
