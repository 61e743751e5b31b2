import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { LIMITS } from '../../src/base/limits.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { DataDir } from '../../src/state/data-dir.ts';
import { SHOP_FEATURES, SHOP_FOLDER } from '../support/bundles.ts';
import { cloudEvent } from '../support/cloud-event.ts';
import { packFolder } from '../support/pack-folder.ts';
import { type CommandRun, runCommand } from './run-command.ts';
import { dataDirOf, eventsFile, order, SHOP } from './shop-files.ts';

const pack = packFolder(SHOP);
const inspect = (...args: string[]): Promise<CommandRun> => runCommand(['inspect', ...args, '--pack', pack]);
const shown = async (...args: string[]): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await inspect(...args);
  assert.deepEqual([code, stderr], [0, '']);
  return JSON.parse(stdout);
};

const CONSENT = cloudEvent({
  type: 'consent.granted',
  id: 'c1',
  subject: 'ada',
  time: '2024-01-03T08:00:00Z',
  data: { channel: 'sms' },
});

const replayed = async (t: TestContext): Promise<string> => {
  const dataDir = dataDirOf(t);
  const file = eventsFile(t, [
    order('ada', 1, 10),
    order('ada', 2, 20),
    CONSENT,
    order('ada', 2, 20),
    order('bo', 3, 5),
  ]);
  const args = ['replay', file, '--format', 'cloudevents', '--clock', 'log', '--data-dir', dataDir, '--pack', pack];
  assert.equal((await runCommand(args)).code, 0);
  return dataDir;
};

test('state: customers, events applied without duplicates, offset and hash', async (t) => {
  const state = await shown('state', '--data-dir', await replayed(t));
  assert.deepEqual(Object.keys(state), ['customers', 'eventsApplied', 'logOffset', 'rowBytes', 'stateHash']);
  const { customers, eventsApplied, logOffset, rowBytes, stateHash } = state;
  assert.deepEqual([customers, eventsApplied, logOffset], [2, 4, 4]);
  assert.ok((rowBytes as number) % 4 === 0 && (rowBytes as number) > 0);
  assert.match(stateHash as string, /^[0-9a-f]{16}$/);
});

test('customer: features and consents as of a time; nobody knows a customer without events', async (t) => {
  const dataDir = await replayed(t);
  const ada = await shown('customer', 'ada', '--data-dir', dataDir, '--at', '2024-01-12T12:00:00Z');
  assert.equal(ada.customerId, 'ada');
  assert.equal(ada.at, '2024-01-12T12:00:00.000Z');
  assert.deepEqual(ada.consent, { sms: { granted: true, at: '2024-01-03T08:00:00.000Z' } });
  const { orders, paid, fading } = ada.features as Record<string, number>;
  assert.deepEqual([orders, paid], [2, 30]);
  assert.ok(Math.abs(fading - (0.5 ** 1.1 + 0.5)) < 1e-6);
  const now = await shown('customer', 'ada', '--data-dir', dataDir, '--clock', 'log');
  assert.equal(now.at, '2024-01-03T12:00:00.000Z', 'the time of the log is that of its latest event');

  const nobody = await inspect('customer', 'Ada', '--data-dir', dataDir);
  assert.deepEqual([nobody.code, nobody.stdout], [1, '']);
  assert.match(nobody.stderr, /^beckon: CUSTOMER_UNKNOWN: /);
  const early = await inspect('customer', 'ada', '--data-dir', dataDir, '--at', '2024-01-01');
  assert.match(early.stderr, /^beckon: AT_BEFORE_STATE: .*2024-01-03T08:00:00\.000Z/);
});

test('log: what it holds, also while a service runs on it', async (t) => {
  const dataDir = await replayed(t);
  const held = DataDir.open(dataDir, { shards: LIMITS.shards, pack: 'shop', nowMs: 0 });
  t.after(() => held.close());
  const service = SqliteLog.open(held.logPath);
  t.after(() => service.close());
  const { groups, events, firstOffset, lastOffset, logTime, eventTime, byType } = await shown(
    'log',
    '--data-dir',
    dataDir,
  );
  assert.deepEqual([groups, events, firstOffset, lastOffset], [1, 5, 0, 4]);
  assert.deepEqual(byType, { 'consent.granted': 1, 'order.placed': 4 });
  assert.deepEqual(logTime, { first: '2024-01-03T12:00:00.000Z', last: '2024-01-03T12:00:00.000Z' });
  assert.deepEqual(eventTime, { first: '2024-01-01T12:00:00.000Z', last: '2024-01-03T12:00:00.000Z' });
});

test('state and customer of a service are asked for over HTTP, and its errors are told by their code', async (t) => {
  const facts = { customers: 1, eventsApplied: 2, logOffset: 1, rowBytes: 40, stateHash: '00' };
  const server = createServer((request, response) => {
    if (request.url === '/v1/state') response.end(JSON.stringify(facts));
    else if (request.url === '/v1/customers/a%2Fb?at=2024-01-05T00:00:00.000Z') response.end('{"customerId":"a/b"}');
    else response.writeHead(404).end('{"code":"CUSTOMER_UNKNOWN","detail":"no event has named this customer"}');
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const url = ['--url', `http://127.0.0.1:${(server.address() as AddressInfo).port}`];
  assert.deepEqual(await shown('state', ...url), facts);
  assert.deepEqual(await shown('customer', 'a/b', '--at', '2024-01-05', ...url), { customerId: 'a/b' });
  const nobody = await inspect('customer', 'bo', ...url);
  assert.deepEqual([nobody.code, nobody.stdout], [1, '']);
  assert.equal(nobody.stderr, 'beckon: CUSTOMER_UNKNOWN: no event has named this customer\n');
});

test('bundle: what it says of itself once it is proven, and why it is refused', async () => {
  const features = [...SHOP_FEATURES].map((name) => ({ name, kind: 'count', event: 'order.placed', unit: 'orders' }));
  const shop = packFolder({ features });
  const bundle = join(shop, 'linear', '1');
  cpSync(join(SHOP_FOLDER, 'linear', '1'), bundle, { recursive: true });
  const found = await shown('bundle', bundle);
  assert.deepEqual([found.bundle, found.proven], ['shop/linear/1', true]);
  assert.match(found.sha256 as string, /^[0-9a-f]{64}$/);
  assert.ok((found.features as string[]).every((name) => SHOP_FEATURES.has(name)));
  writeFileSync(join(bundle, 'model.onnx'), 'not a model');
  const damaged = await inspect('bundle', bundle);
  assert.deepEqual([damaged.code, damaged.stdout], [1, '']);
  assert.match(damaged.stderr, /^beckon: BUNDLE_REFUSED: .*sha256 [0-9a-f]{64}/);
});

test('what cannot be inspected is said, and no data directory is made', async (t) => {
  assert.match((await inspect('stat')).stderr, /cannot inspect stat; did you mean state\?/);
  assert.match((await inspect('customer')).stderr, /needs an ID/);
  assert.equal((await inspect('state', 'more')).code, 2);
  const { code, stderr } = await inspect('state', '--data-dir', dataDirOf(t));
  assert.equal(code, 1);
  assert.match(stderr, /^beckon: FILE_UNREADABLE: there is no data directory/);
});
