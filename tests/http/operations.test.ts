import assert from 'node:assert/strict';
import test from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { startService } from '../support/service.ts';

const ROUTES = [
  'DELETE /v1/customers/{id}',
  'GET /livez',
  'GET /metrics',
  'GET /readyz',
  'GET /v1/customers/{id}',
  'GET /v1/decisions',
  'GET /v1/decisions/stream',
  'GET /v1/events/types',
  'GET /v1/models',
  'GET /v1/packs/change',
  'GET /v1/packs/current',
  'GET /v1/state',
  'POST /v1/clock',
  'POST /v1/events',
  'POST /v1/packs',
  'POST /v1/score',
  'POST /v1/score/batch',
];

test('what operators and developers read over HTTP', async (t) => {
  const service = await startService(t);
  const client = new Client(t, service.http);
  const admin = new Client(t, service.admin);
  assert.equal((await client.events(cloudEvent())).status, 202);

  await t.test('both ports say that the service lives and is ready', async () => {
    for (const door of [client, admin]) {
      const [live, ready] = await Promise.all([door.ask('/livez'), door.ask('/readyz')]);
      assert.deepEqual([live.status, live.json], [200, { status: 'live' }]);
      assert.deepEqual([ready.status, ready.json], [200, { status: 'ready' }]);
    }
  });

  await t.test('only probes, metrics and the size of the state are behind the admin port', async () => {
    assert.equal((await admin.ask('/v1/state')).status, 200);
    for (const path of ['/v1/customers/C10023', '/v1/packs/current', '/openapi.json', '/docs'])
      assert.deepEqual([(await admin.ask(path)).status, path], [404, path]);
  });

  await t.test('metrics count what was asked', async () => {
    for (let i = 0; i < 3; i++) await client.score({ customerId: 'a' });
    await client.score({});
    for (const door of [client, admin]) {
      const { status, headers, text } = await door.ask('/metrics');
      assert.equal(status, 200);
      assert.match(headers['content-type'] as string, /^text\/plain/);
      const value = (line: string): number =>
        Number(
          text
            .split('\n')
            .find((candidate) => candidate.startsWith(line))
            ?.slice(line.length),
        );
      const score = (code: number): number =>
        value(`beckon_http_request_seconds_count{route="/v1/score",method="POST",status="${code}"}`);
      assert.deepEqual([score(200), score(400)], [3, 1]);
      assert.equal(value('beckon_events_total{result="accepted"}'), 1);
      assert.equal(value('beckon_log_offset'), 0);
      assert.match(text, /^process_resident_memory_bytes /m);
      // No customer is a label.
      assert.ok(!text.includes('C10023'));
    }
  });

  await t.test('the state is told in the words of beckon inspect state', async () => {
    const { json } = await client.ask('/v1/state');
    const { stateHash, rowBytes, ...rest } = json;
    assert.deepEqual(rest, { customers: 1, eventsApplied: 1, logOffset: 0 });
    assert.ok(rowBytes > 0 && /^[0-9a-f]{16}$/.test(stateHash));
  });

  await t.test('the pack as loaded, machine-readable', async () => {
    const { status, json } = await client.ask('/v1/packs/current');
    assert.equal(status, 200);
    assert.equal(json.name, 'retail');
    assert.ok(json.rowBytes > 0 && json.features.length >= 60);
    const kinds = new Set<string>();
    for (const feature of json.features) {
      for (const key of ['name', 'kind', 'unit', 'description'])
        assert.equal(typeof feature[key], 'string', `${key} of ${feature.name}`);
      assert.equal(typeof feature.default, 'number');
      kinds.add(feature.kind);
      for (const key of ['window', 'bucket', 'halfLife'])
        if (feature[key] !== undefined) assert.match(feature[key], /^\d+[smhdw]$/);
    }
    assert.ok(kinds.size >= 10);
    const orders = json.features.find(({ name }: { name: string }) => name === 'orders');
    assert.deepEqual([orders.kind, orders.event], ['count', 'order.placed']);
    const [hold] = json.actions;
    assert.deepEqual([hold.actionId, hold.kind, hold.discount, hold.channels], ['hold', 'hold', false, []]);
    const coupon = json.actions.find(({ actionId }: { actionId: string }) => actionId === 'second_order_coupon');
    assert.deepEqual([coupon.kind, coupon.discount, coupon.content.faceValue], ['sell', true, 15]);
    const call = json.channels.find(({ channel }: { channel: string }) => channel === 'ai_call');
    assert.deepEqual([call.cost, call.address], [0.3, 'phone']);
    const [alwaysOn, callList] = json.campaigns;
    assert.equal(alwaysOn.campaignId, 'always-on');
    assert.deepEqual([alwaysOn.actions.length, alwaysOn.channels.length], [12, 8]);
    assert.deepEqual(
      [callList.campaignId, callList.channels, callList.callAll],
      ['call-list', ['ai_call', 'human_call'], true],
    );
    assert.ok('policy' in json);
  });

  await t.test('every model says what it is', async () => {
    const { json } = await client.ask('/v1/models');
    assert.deepEqual(
      json.models.map(({ head, name, engine, state }: Record<string, string>) => `${head} ${name} ${engine} ${state}`),
      ['decision retail-decision plan live', 'repurchase retail-repurchase plan live'],
    );
    for (const { sha256, version } of json.models) {
      assert.match(sha256, /^[0-9a-f]{64}$/);
      assert.match(version, /^\d+$/);
    }
  });

  await t.test('the OpenAPI document is of 3.1, whole, and has every route', async () => {
    const { status, json } = await client.ask('/openapi.json');
    assert.equal(status, 200);
    assert.match(json.openapi, /^3\.1\.\d$/);
    assert.ok(json.info.title && json.info.version);
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const listed: string[] = [];
    for (const [path, item] of Object.entries<Record<string, Operation>>(json.paths))
      for (const [method, { summary, parameters = [], requestBody, responses }] of Object.entries(item)) {
        listed.push(`${method.toUpperCase()} ${path}`);
        assert.ok(summary, `${path} has no summary`);
        const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
        assert.deepEqual(
          inPath,
          [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
        );
        for (const { description } of Object.values(responses)) assert.equal(typeof description, 'string');
        for (const { content = {} } of [requestBody ?? {}, ...Object.values(responses)])
          for (const { schema } of Object.values(content)) ajv.compile(schema);
        for (const { schema } of parameters) ajv.compile(schema);
      }
    assert.deepEqual(listed.sort(), ROUTES);
    const { schema } = json.paths['/v1/score'].post.responses['200'].content['application/json'];
    const { json: decision } = await client.score({ customerId: 'C10023' });
    assert.ok(ajv.validate(schema, decision), ajv.errorsText());
  });

  await t.test('the documents can be read in a browser', async () => {
    const { status, headers, text } = await client.ask('/docs');
    assert.equal(status, 200);
    assert.match(headers['content-type'] as string, /^text\/html/);
    const script = /src="([^"]*swagger-ui-bundle\.js)"/.exec(text)?.[1] as string;
    const { pathname } = new URL(script, `http://${service.http}/docs`);
    assert.equal((await client.ask(pathname)).status, 200);
  });
});

interface Content {
  readonly description?: string;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}
interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}
