/**
 * A feature is added to a running service with many customers: `node load-tests/features/added-feature.ts
 * [--customers 1000000] [--asked 100000]`. What the service said of other features stays, the new one and the hash of the
 * whole state are those of a service that folds the same log with the new pack from its start. Needs 5 GiB of memory as it
 * stands. Exits with 1 at the first difference.
 */
import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { customerIdOf, todayMs, writeOrders } from '../../bench/orders.ts';
import { replayFile } from '../../bench/replay-file.ts';
import { startProgress } from '../../src/cli/progress.ts';
import { stateOf } from '../../tests/durability/state-check.ts';
import { Client } from '../../tests/support/http-client.ts';
import { packFiles } from '../../tests/support/pack-folder.ts';
import { type Owner, startService } from '../../tests/support/service.ts';
import { tempFolder } from '../../tests/support/temp-folder.ts';
import { IO } from '../durability/io.ts';
import { withOwner } from '../durability/owner.ts';
import { printTable } from '../durability/table.ts';

const { values } = parseArgs({
  options: { customers: { type: 'string', default: '1000000' }, asked: { type: 'string', default: '100000' } },
});
const customers = Number(values.customers);
const asked = Math.min(customers, Number(values.asked));

const SEED = 23;
const ORDERS_PER_CUSTOMER = 1.2;
const PER_ROUND = 500;
const RETAIL = join(import.meta.dirname, '../../models/retail');
const ADDED = `  - { name: largestBasket, kind: max, event: order.placed, field: lines.quantity, unit: items, description: Items of the largest order }
`;

type Features = Readonly<Record<string, number>>;

const retailWith = (folder: string, more: string): string => {
  cpSync(RETAIL, folder, { recursive: true });
  const path = join(folder, 'features.yaml');
  writeFileSync(path, `${readFileSync(path, 'utf8').trimEnd()}\n${more}`);
  return folder;
};

const served = async (owner: Owner, dataDir: string, pack: string) => {
  const service = await startService(owner, { dataDir, args: ['--pack', pack] });
  return { service, client: new Client(owner, service.http) };
};

const main = async (owner: Owner): Promise<void> => {
  const folder = tempFolder(owner);
  const [before, after] = [retailWith(join(folder, 'before'), ''), retailWith(join(folder, 'after'), ADDED)];
  const at = new Date(todayMs() + 86_400_000).toISOString();
  const orders = join(folder, 'orders.ndjson');
  const progress = startProgress(IO, 'customers asked', 3 * asked, 'customers');
  let done = 0;
  const ask = async (client: Client): Promise<Features[]> => {
    const answers: Features[] = [];
    for (let from = 0; from < asked; from += PER_ROUND) {
      const step = Math.floor(customers / asked);
      const ids = Array.from({ length: Math.min(PER_ROUND, asked - from) }, (_, i) => customerIdOf((from + i) * step));
      const replies = await Promise.all(ids.map((id) => client.ask(`/v1/customers/${id}?at=${at}`)));
      answers.push(...replies.map(({ json }) => json.features as Features));
      done += ids.length;
      progress.update(done, done);
    }
    return answers;
  };
  try {
    writeOrders(orders, customers * ORDERS_PER_CUSTOMER, customers, SEED);
    const dataDir = join(folder, 'data');
    await replayFile(orders, dataDir, undefined);
    const living = await served(owner, dataDir, before);
    const old = await ask(living.client);
    const startMs = performance.now();
    const { status, text } = await living.client.ask('/v1/packs', { body: { files: packFiles(after) } });
    const changeSec = (performance.now() - startMs) / 1000;
    assert.equal(status, 200, text);
    const changed = await ask(living.client);
    const state = await stateOf(living.service);
    await living.service.stop();

    const fresh = join(folder, 'fresh');
    mkdirSync(fresh);
    for (const file of ['log.db', 'meta.json']) copyFileSync(join(dataDir, file), join(fresh, file));
    const rebuilt = await served(owner, fresh, after);
    assert.deepEqual(state, await stateOf(rebuilt.service));
    const expected = await ask(rebuilt.client);
    progress.stop();
    for (const [i, { largestBasket, ...others }] of changed.entries()) {
      assert.ok(largestBasket > 0);
      assert.deepEqual(others, old[i]);
      assert.deepEqual({ largestBasket, ...others }, expected[i]);
    }
    printTable([
      ['customers', state.customers],
      ['events', state.eventsApplied],
      ['customers asked before, after and of the rebuilt', changed.length],
      ['features that stayed', Object.keys(old[0]).length],
      ['seconds from the ask to the answer of the new pack', Number(changeSec.toFixed(1))],
    ]);
    console.log(`Nothing else has changed, and both states have the hash ${state.stateHash}.`);
  } finally {
    progress.stop();
  }
};

await withOwner(main);
