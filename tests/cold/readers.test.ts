import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { FeatureReader } from '../../src/features/read.ts';
import { Table } from '../../src/features/table.ts';
import { ColdReader } from '../../src/state/cold-reader.ts';
import { makeShard, packOf } from '../support/feature-state.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { type ChurnJob, churnAlias, churnId } from './churn-writer.ts';

const FOLDER = 'tests/support/packs/one-count';
const SHARDS = 2;
const CUSTOMERS = 400;
const ROWS_MAX = 40;

test('while rows come and go, each customer is found by every id, whole, and never as before what was acknowledged', async (t) => {
  const { plan } = packOf(FOLDER);
  const made = Array.from({ length: SHARDS }, (_, number) => makeShard(plan, number, ROWS_MAX / SHARDS));
  const tables = made.map(({ shard }) => new Table(shard));
  const path = join(tempFolder(t), 'cold.db');
  const signals = new SharedArrayBuffer((CUSTOMERS + 1) * 4);
  const words = new Int32Array(signals);
  const memories = made.map(({ memory }) => memory);
  const job: ChurnJob = { folder: FOLDER, memories, path, signals, customers: CUSTOMERS };
  const worker = new Worker(new URL('churn-writer.ts', import.meta.url), { workerData: job });
  const ended = once(worker, 'exit');
  t.after(async () => {
    Atomics.store(words, 0, 1);
    assert.deepEqual(await ended, [0]);
  });
  await once(worker, 'message');
  const cold = new ColdReader(path, plan.rowWords);
  t.after(() => cold.close());
  const reader = new FeatureReader(plan, tables, undefined, cold);
  const values = new Float64Array(plan.features.length);
  const evictions = (): number => tables.reduce((sum, { shard }) => sum + shard.evictions, 0);
  const seen = { known: 0, early: 0, busy: 0, unknown: 0, evictions: 0 };
  let random = 7;
  for (let read = 0; read < 300_000 || evictions() < 5000; read++) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    const number = (random >>> 8) % CUSTOMERS;
    if (random % 16 === 0) {
      assert.equal(reader.read(`nobody-${number}`, 1.8e9, true, values), 'unknown');
      continue;
    }
    const id = random % 2 === 0 ? churnAlias(number) : churnId(number);
    const least = Atomics.load(words, 1 + number);
    const outcome = reader.read(id, 1.8e9, true, values);
    const most = Atomics.load(words, 1 + number) + 1;
    if (outcome === 'busy') {
      seen.busy++;
      continue;
    }
    if (least > 0) assert.equal(outcome, 'known', id);
    if (outcome === 'unknown') {
      seen.unknown++;
      continue;
    }
    const [orders, spent] = values;
    seen.known++;
    assert.equal(spent, orders * number, `${id} is not whole`);
    assert.ok(orders >= least && orders <= most, `${id} has ${orders} orders, not ${least} … ${most}`);
    if (least > 0 && random % 64 === 1) {
      const profile = reader.profile(id);
      if (profile === undefined) seen.busy++;
      else assert.deepEqual([profile.customerId, profile.aliases], [churnId(number), [churnAlias(number)]]);
    }
  }
  seen.evictions = evictions();
  t.diagnostic(JSON.stringify(seen));
  for (const { shard } of tables) assert.ok(shard.residents <= ROWS_MAX / SHARDS + 2, 'the bound holds');
  assert.ok(seen.busy < seen.known / 100, `${seen.busy} reads gave up`);
});
