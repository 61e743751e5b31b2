import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { hash64 } from '../../src/base/hash.ts';
import type { FeaturePlan } from '../../src/features/plan.ts';
import { FeatureReader } from '../../src/features/read.ts';
import { RowView } from '../../src/features/row.ts';
import { Shard, shardRegions } from '../../src/features/shard.ts';
import { fingerprint, Table } from '../../src/features/table.ts';
import { makeShard, packOf } from '../support/feature-state.ts';
import { customerId, HOT_ROWS, type RowWriterJob } from '../support/row-writer.ts';

const EVERY_KIND = 'tests/support/packs/every-kind';
const ONE_COUNT = 'tests/support/packs/one-count';

/** Starts the writer's thread; it is told to stop and awaited when the test ends. */
const startWriter = async (t: TestContext, job: Omit<RowWriterJob, 'signals'>): Promise<Int32Array> => {
  const signals = new SharedArrayBuffer(8);
  const words = new Int32Array(signals);
  const worker = new Worker(new URL('../support/row-writer.ts', import.meta.url), { workerData: { ...job, signals } });
  const ended = once(worker, 'exit');
  t.after(async () => {
    Atomics.store(words, 0, 1);
    assert.deepEqual(await ended, [0]);
  });
  await once(worker, 'online');
  return words;
};

const idBytes = (number: number): Buffer => Buffer.from(customerId(number));

const hotRows = (plan: FeaturePlan): { table: Table; memory: WebAssembly.Memory; prints: [number, number][] } => {
  const { shard, memory } = makeShard(plan);
  const table = new Table(shard);
  const prints = Array.from({ length: HOT_ROWS }, (_, number): [number, number] => {
    const id = idBytes(number);
    fingerprint(id, 0, id.length);
    const print: [number, number] = [hash64.lo, hash64.hi];
    const row = new Uint32Array(plan.rowWords);
    const slot = table.insert(id, 0, id.length);
    table.load(slot, row);
    table.publish(slot, row);
    return print;
  });
  return { table, memory, prints };
};

test('a reader of hot rows never accepts a torn one, and would without the check', async (t) => {
  const { plan } = packOf(EVERY_KIND);
  const { table, memory, prints } = hotRows(plan);
  const first = plan.cells[0].offset;
  await startWriter(t, { job: 'hot', folder: EVERY_KIND, memory, customers: HOT_ROWS });
  const view = RowView.ofWords(0);
  let accepted = 0;
  let tornAccepted = 0;
  let tornUnchecked = 0;
  const READS_MAX = 30_000_000;
  for (let read = 0; read < READS_MAX && (accepted < 1_000_000 || tornUnchecked < 100); read++) {
    const slot = read % HOT_ROWS;
    const version = table.begin(slot, view);
    const { u32, base } = view;
    const pattern = u32[base + first];
    let isTorn = false;
    for (let word = first; word < plan.rowWords; word++) if (u32[base + word] !== pattern) isTorn = true;
    if (isTorn) tornUnchecked++;
    if (!table.isValid(view, version, ...prints[slot])) continue;
    accepted++;
    if (isTorn) tornAccepted++;
  }
  assert.equal(tornAccepted, 0);
  assert.ok(accepted >= 1_000_000, `only ${accepted} reads were accepted`);
  assert.ok(tornUnchecked >= 100, `the writer was hardly met: ${tornUnchecked} torn rows`);
});

test('a row that has gone to somebody else is not accepted', () => {
  const { table, prints } = hotRows(packOf(ONE_COUNT).plan);
  const view = RowView.ofWords(0);
  const version = table.begin(3, view);
  assert.equal(table.isValid(view, version, ...prints[3]), true);
  assert.equal(table.isValid(view, version, ...prints[4]), false);
});

test('while customers come, each is found from its event on, in its own row, however far the memory has grown', async (t) => {
  const { plan } = packOf(ONE_COUNT);
  const { shard, memory, regions } = makeShard(plan);
  const table = new Table(shard);
  const reader = new FeatureReader(plan, [table]);
  const wordsBefore = shard.u32.length;
  const customers = 200_000;
  const signals = await startWriter(t, { job: 'grow', folder: ONE_COUNT, memory, customers });
  const values = new Float64Array(plan.features.length);
  let random = 1;
  let early = 0;
  for (let announced = 0; announced < customers; ) {
    announced = Atomics.load(signals, 1);
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    // Mostly one that is known, sometimes the one that is just coming.
    const number = announced === 0 || random % 4 === 0 ? announced : random % announced;
    const outcome = reader.read(customerId(number), 1.8e9, true, values);
    if (number < announced) assert.equal(outcome, 'known', customerId(number));
    if (outcome === 'known') {
      assert.deepEqual([...values], [1, number]);
      assert.equal(reader.offset, number);
      if (number >= announced) early++;
    }
  }
  for (let number = 0; number < customers; number += 97) {
    const id = idBytes(number);
    fingerprint(id, 0, id.length);
    assert.equal(table.find(id, 0, id.length), number);
  }
  t.diagnostic(`${early} customers were known before they were announced`);
  assert.ok(regions.rows + customers * regions.rowStride > wordsBefore, 'the memory had to grow');
});

test('a reader sees memory that another has grown, and words beyond it are an error', () => {
  const { plan } = packOf(ONE_COUNT);
  const { shard: writer, memory, regions } = makeShard(plan);
  const reader = new Shard(0, memory, plan, shardRegions(plan, 0));
  const end = regions.rows + 10_000_000;
  assert.throws(() => reader.reach(end), /beyond the memory/);
  writer.grow(end);
  writer.u32[end - 1] = 42;
  assert.equal(reader.u32[end - 1], undefined);
  reader.reach(end);
  assert.equal(reader.u32[end - 1], 42);
});

test('one row more than 4 GiB can hold is refused in words', () => {
  const { plan } = packOf(ONE_COUNT);
  const { shard, regions } = makeShard(plan);
  const end = regions.rows + (shard.rowsMax + 1) * regions.rowStride;
  assert.throws(() => shard.grow(end), { code: 'STATE_FULL', message: /as many rows as 4 GiB can/ });
});
