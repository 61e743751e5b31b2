import assert from 'node:assert/strict';
import test from 'node:test';
import { cloudEvent, deepJson } from '../support/cloud-event.ts';
import { BATCH, Client, STRUCTURED } from '../support/http-client.ts';
import { startService } from '../support/service.ts';

const DEPTH = 10_000;
const MIB = 1024 * 1024;
const deepObject = `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`;
const deep = deepJson(DEPTH);
const megabyte = 'x'.repeat(1_000_000);

/** An event as text in which one value is text that is put in as it stands. */
const eventWith = (attributes: Record<string, unknown>, value: string): string =>
  JSON.stringify(cloudEvent(attributes)).replace('"HERE"', value);
const dataWith = (value: string): string => eventWith({ data: { orderId: '1', amount: 1, extra: 'HERE' } }, value);

/** Bodies that no JSON route can read, with what is said of each. */
const BROKEN: readonly (readonly [string, string | Uint8Array, string])[] = [
  ['cut off', '{"customerId":', '400 MALFORMED_JSON'],
  ['empty', '', '400 MALFORMED_JSON'],
  ['NaN', '{"customerId":"a","limit":NaN}', '400 MALFORMED_JSON'],
  ['Infinity', '{"customerId":"a","limit":Infinity}', '400 MALFORMED_JSON'],
  ['not UTF-8', Buffer.from('{"customerId":"\xff"}', 'latin1'), '400 MALFORMED_JSON'],
  ['two values', '{}{}', '400 MALFORMED_JSON'],
  ['2 MiB', JSON.stringify({ customerId: 'x'.repeat(2 * MIB) }), '413 BODY_TOO_LARGE'],
];

const SCORE: readonly (readonly [string, string])[] = [
  ['deep lists', deep],
  ['deep objects', deepObject],
  ['a deep id', `{"customerId":${deep}}`],
  ['deep context', `{"customerId":"a","context":{"a":${deepObject}}}`],
  ['__proto__', '{"customerId":"a","__proto__":{"limit":1}}'],
  ['__proto__ in disguise', '{"customerId":"a","\\u005f_proto__":{"limit":1}}'],
  ['__proto__ in context', '{"customerId":"a","context":{"__proto__":1}}'],
  ['only __proto__', '{"__proto__":{"customerId":"a"}}'],
  ['constructor', '{"customerId":"a","constructor":{"prototype":{"limit":1}}}'],
  ['1 MB of id', JSON.stringify({ customerId: megabyte })],
  ['a control character', '{"customerId":"a\\u0000b"}'],
  ['a line end', '{"customerId":"a\\n"}'],
  ['half a surrogate pair', '{"customerId":"\\ud800"}'],
  ['a number too large', '{"customerId":"a","limit":1e999}'],
  ['much context', JSON.stringify({ customerId: 'a', context: Object.fromEntries([...Array(1000).keys()].entries()) })],
];

const EVENTS: readonly (readonly [string, string, string])[] = [
  ['deep lists', deep, '400 JSON_TOO_DEEP'],
  ['deep data', dataWith(deepObject), '400 JSON_TOO_DEEP'],
  ['a deep extension', eventWith({ traceparent: 'HERE' }, deep), '400 JSON_TOO_DEEP'],
  ['__proto__ in data', dataWith('1').replace('extra', '__proto__'), '400 EVENT_DATA_INVALID'],
  ['a constructor in data', dataWith('{"constructor":{"prototype":{"a":1}}}'), '400 EVENT_DATA_INVALID'],
  ['1 MB of subject', JSON.stringify(cloudEvent({ subject: megabyte })), '400 EVENT_ATTRIBUTE_INVALID'],
  ['1 MB of data', dataWith(`"${megabyte}"`), '400 EVENT_TOO_LARGE'],
  ['a control character', eventWith({ subject: 'HERE' }, '"a\\u0007"'), '400 EVENT_ATTRIBUTE_INVALID'],
  ['half a surrogate pair', eventWith({ subject: 'HERE' }, '"\\udc00"'), '400 EVENT_ATTRIBUTE_INVALID'],
  ['an unknown type', JSON.stringify(cloudEvent({ type: 'order.eaten' })), '400 EVENT_TYPE_UNKNOWN'],
  ['a type of ours', JSON.stringify(cloudEvent({ type: 'decision.made' })), '400 EVENT_TYPE_RESERVED'],
  ['a number for an id', JSON.stringify(cloudEvent({ id: 7 })), '400 EVENT_ATTRIBUTE_INVALID'],
  ['text for money', JSON.stringify(cloudEvent({ data: { orderId: '1', amount: '5' } })), '400 EVENT_DATA_INVALID'],
  ['endless money', dataWith('1').replace('"amount":1', '"amount":1e999'), '400 EVENT_DATA_INVALID'],
  ['a year too far', JSON.stringify(cloudEvent({ time: '9999-01-01T00:00:00Z' })), '400 EVENT_ATTRIBUTE_INVALID'],
  ['no time at all', JSON.stringify(cloudEvent({ time: 'yesterday' })), '400 EVENT_ATTRIBUTE_INVALID'],
];

const BINARY = {
  'content-type': 'application/json',
  'ce-specversion': '1.0',
  'ce-type': 'order.placed',
  'ce-source': '/shop',
  'ce-id': '1',
  'ce-subject': 'C1',
};

test('bad input is refused for what it is, and harms nobody', async (t) => {
  const service = await startService(t);
  const client = new Client(t, service.http);
  const { json: before } = await client.ask('/v1/state');

  const refused = async (
    name: string,
    path: string,
    body: string | Uint8Array | undefined,
    headers: Record<string, string>,
    expected: string,
    method = 'POST',
  ): Promise<void> => {
    const reply = await client.ask(path, { method, body, headers });
    assert.equal(`${reply.status} ${reply.json?.code}`, expected, `${name} to ${path}`);
    assert.match(reply.headers['content-type'] as string, /^application\/problem\+json/);
    assert.equal(reply.json.status, reply.status);
    assert.ok(reply.text.length < 2000, `${name}: the refusal repeats what was sent`);
    const healthy = await client.score({ customerId: 'healthy' });
    assert.equal(healthy.status, 200, `after ${name} to ${path}`);
  };

  await t.test('bodies that are no JSON, or too large', async () => {
    for (const path of ['/v1/score', '/v1/score/batch', '/v1/events'])
      for (const [name, body, expected] of BROKEN)
        await refused(name, path, body, path === '/v1/events' ? { 'content-type': BATCH } : {}, expected);
  });

  await t.test('questions', async () => {
    for (const [name, body] of SCORE) {
      await refused(name, '/v1/score', body, {}, '400 REQUEST_INVALID');
      const asBatch = body.replace(/"customerId":("[^"]*")/, '"customerIds":["b",$1]');
      await refused(name, '/v1/score/batch', asBatch, {}, '400 REQUEST_INVALID');
    }
  });

  await t.test('events', async () => {
    for (const [name, body, expected] of EVENTS)
      await refused(name, '/v1/events', body, { 'content-type': STRUCTURED }, expected);
    await refused('a list that is none', '/v1/events', '{}', { 'content-type': BATCH }, '400 REQUEST_INVALID');
    await refused('deep binary data', '/v1/events', deep, BINARY, '400 JSON_TOO_DEEP');
    await refused('deep binary data', '/v1/events', `{"orderId":${deepObject}}`, BINARY, '400 JSON_TOO_DEEP');
    await refused('binary data cut off', '/v1/events', '{"orderId":', BINARY, '400 MALFORMED_JSON');
    const crooked = { ...BINARY, 'ce-subject': '%ff' };
    await refused('a crooked header', '/v1/events', '{}', crooked, '400 EVENT_ATTRIBUTE_INVALID');
  });

  await t.test('content types, routes and methods', async () => {
    for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'json'])
      await refused(type, '/v1/score', '{"customerId":"a"}', { 'content-type': type }, '415 CONTENT_TYPE_UNSUPPORTED');
    const avro = { 'content-type': 'application/cloudevents+avro' };
    await refused('avro', '/v1/events', '{}', avro, '415 CONTENT_TYPE_UNSUPPORTED');
    const latin1 = { 'content-type': `${STRUCTURED}; charset=latin1` };
    await refused('latin1', '/v1/events', '{}', latin1, '415 CONTENT_TYPE_UNSUPPORTED');
    for (const [method, path] of [
      ['GET', '/v1/score'],
      ['PUT', '/v1/score'],
      ['DELETE', '/v1/events'],
      ['OPTIONS', '/v1/score'],
      ['POST', '/v1/customers/C1'],
      ['GET', '/v1/nothing'],
      ['GET', '/'],
      ['GET', '/v1/score/../../etc/passwd'],
    ])
      await refused(method, path, undefined, {}, '404 ROUTE_UNKNOWN', method);
    const head = { x: 'a'.repeat(20_000) };
    await refused('20 kB of header', '/livez', undefined, head, '431 HEADERS_TOO_LARGE', 'GET');
    await refused('1 MB of path', `/v1/customers/${megabyte}`, undefined, {}, '431 HEADERS_TOO_LARGE', 'GET');
  });

  await t.test('nothing of it is in the state, or in the log as an internal error', async () => {
    assert.deepEqual((await client.ask('/v1/state')).json, before);
    assert.ok(!service.output.stdout.includes('internal error'));
    assert.equal(await service.stop(), 0);
    assert.equal(service.output.stderr, '');
  });
});
