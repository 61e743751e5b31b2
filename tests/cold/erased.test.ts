import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FoldedLog } from '../erasure/folded-log.ts';
import type { SlowEvent } from '../oracles/slow-event.ts';
import { packOf } from '../support/feature-state.ts';
import { tempFolder } from '../support/temp-folder.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const CUSTOMERS = 1500;

const own = (number: number): string => `lovelace-${10_000 + number}`;
const alias = (number: number): string => `phone:tel-${10_000 + number}`;

let made = 0;
const eventOf = (customer: string, type: string, data: Record<string, unknown>): SlowEvent => ({
  customer,
  type,
  source: 'shop',
  id: `e${made++}`,
  timeMs: NOW_MS - 1000,
  hash: 0,
  data,
});

test('of customers who were on disk no file keeps an id once the erasure is done, while the service runs', async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, 'cold.db');
  const state = new FoldedLog(packOf('tests/support/packs/every-kind'), undefined, { rowsMax: 40, path });
  t.after(() => state.close());
  for (let number = 0; number < CUSTOMERS; number += 10) {
    const events = Array.from({ length: 10 }, (_, i) => [
      eventOf(own(number + i), 'order.placed', { orderId: '1', amount: 1 }),
      eventOf(own(number + i), 'identity.linked', { alias: alias(number + i) }),
      // Somebody from before comes back.
      eventOf(own((number * 7 + i * 131) % (number + 1)), 'cart.added', { sku: 'k1' }),
    ]).flat();
    await state.commit(events, NOW_MS);
  }
  const files = (): Buffer => Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
  const gone = Array.from({ length: 60 }, (_, i) => (i * 379) % CUSTOMERS);
  const before = files();
  const found = gone.filter((number) => before.includes(own(number)) && before.includes(alias(number)));
  assert.ok(found.length > 50, 'most of them are on disk');
  for (const number of gone) {
    await state.commit([eventOf(number % 2 ? own(number) : alias(number), 'customer.erased', {})], NOW_MS);
    assert.equal(state.read(own(number), NOW_MS).outcome, 'unknown');
  }
  await state.erase();
  const after = files();
  for (const id of gone.flatMap((number) => [own(number), alias(number)]))
    assert.ok(!after.includes(id), `${id} is in a file`);
  const stays = Array.from({ length: CUSTOMERS }, (_, i) => i).filter((number) => !gone.includes(number));
  for (const number of stays) assert.equal(state.read(alias(number), NOW_MS).outcome, 'known', alias(number));
});
