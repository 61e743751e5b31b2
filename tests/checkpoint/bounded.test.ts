import assert from 'node:assert/strict';
import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { crashAndInspect, stateOf } from '../durability/state-check.ts';
import { Client } from '../support/http-client.ts';
import { type Service, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { until } from '../support/until.ts';

const BATCH_EVENTS = 50;

/** Orders of many more customers than there is room for, one each and again for some, and aliases for a few. */
const events = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => {
    const number = from + i;
    const subject = `c${(number * 7919) % 600}`;
    const isLink = number % 20 === 19;
    return {
      specversion: '1.0',
      source: 'bounded',
      id: `${number}`,
      subject,
      time: new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString(),
      type: isLink ? 'identity.linked' : 'order.placed',
      data: isLink ? { alias: `phone:${number}` } : { orderId: `${number}`, amount: 1 + (number % 50) },
    };
  });

const post = async (t: TestContext, { http }: Service, from: number, to: number): Promise<void> => {
  const client = new Client(t, http, 4);
  const all = events(from, to);
  for (let i = 0; i < all.length; i += BATCH_EVENTS)
    assert.equal((await client.events(all.slice(i, i + BATCH_EVENTS))).status, 202);
};

const configOf = (t: TestContext, rowsMax: number): string => {
  const path = join(tempFolder(t), 'bounded.yaml');
  writeFileSync(path, `limits: { rowsMax: ${rowsMax} }\n`);
  return path;
};

const linesOf = ({ output }: Service): Record<string, unknown>[] =>
  output.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const beginning = (service: Service) => linesOf(service).find(({ msg }) => msg === 'began with a checkpoint');
const warnings = (service: Service): unknown[] =>
  linesOf(service).flatMap(({ msg }) => (String(msg).includes('cannot be used') ? [msg] : []));

test('with a bound on rows a start goes on from a checkpoint, those on disk included', async (t) => {
  const dataDir = tempFolder(t);
  const config = configOf(t, 96);
  const args = ['--config', config, '--checkpoint-every-events', '200'];
  const first = await startService(t, { dataDir, args });
  await post(t, first, 0, 2000);
  const live = await stateOf(first);
  assert.equal(await first.stop(), 0);

  const second = await startService(t, { dataDir, args });
  assert.equal(beginning(second)?.offset, live.logOffset + 1);
  assert.deepEqual(await stateOf(second), live);
  const client = new Client(t, second.http);
  const { json } = await client.ask('/v1/customers/c0');
  assert.ok(json.features.orders > 0);
  // One is made while customers come and go.
  let number = 2000;
  await until(async () => {
    await post(t, second, number, number + 100);
    number += 100;
    const { text } = await new Client(t, second.admin).ask('/metrics');
    return /beckon_checkpoints_total\{result="made"\} [1-9]/.test(text);
  });
  const later = await stateOf(second);
  await second.kill9();
  const third = await startService(t, { dataDir, args });
  assert.ok(Number(beginning(third)?.offset) > live.logOffset + 1, 'one of those made under load');
  assert.deepEqual(await stateOf(third), later);
  // Without a bound, from the log alone.
  assert.equal((await crashAndInspect(t, third)).stateHash, later.stateHash);

  // With another bound other customers have no room.
  const other = await startService(t, { dataDir, args: ['--config', configOf(t, 160)] });
  assert.match(String(warnings(other)[0]), /other features, items or limits/);
  assert.equal((await stateOf(other)).stateHash, later.stateHash);
  await other.kill9();

  // The rows on disk are damaged in the newest one, and missing in the one before.
  const folder = join(dataDir, 'checkpoints');
  const [older, newest] = readdirSync(folder).sort((a, b) => Number(a) - Number(b));
  const cold = join(folder, newest, 'cold.db');
  truncateSync(cold, statSync(cold).size - 1);
  writeFileSync(join(folder, older, 'cold.db'), '');
  const last = await startService(t, { dataDir, args });
  assert.deepEqual(
    warnings(last).map((text) => /cold\.db has \d+ bytes/.test(String(text))),
    [true, true],
  );
  assert.deepEqual(await stateOf(last), later);
  assert.equal(await last.stop(), 0);
});
