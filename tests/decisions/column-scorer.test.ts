import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { LIMITS } from '../../src/base/limits.ts';
import { ColumnScorer, type Columns, type ColumnsAsked } from '../../src/decisions/column-scorer.ts';
import { HeadInputs } from '../../src/decisions/head-inputs.ts';
import { HeadOutputs } from '../../src/decisions/head-outputs.ts';
import type { FeatureReader, ReadOutcome } from '../../src/features/read.ts';
import { HeadRegistry } from '../../src/inference/registry.ts';
import { openShop, SHOP_FEATURES, shopBundle } from '../support/bundles.ts';

/** A customer is a number, which is the first feature; the model fails on 99. */
const askedOf = (numbers: readonly number[]): ColumnsAsked => {
  const bounds = Uint32Array.from(numbers.flatMap((_, i) => [i, i + 1]));
  return { customers: { bytes: Buffer.from(numbers), bounds }, atMs: undefined, nowMs: 0 };
};

/** @param busy how often the writer is at the row of a customer who is read */
const open = async (t: Parameters<typeof openShop>[0], busy: Map<number, number> = new Map()) => {
  const registry = new HeadRegistry();
  await registry.swap(openShop(t, 'lookup'));
  const reads: number[] = [];
  const reader: Partial<FeatureReader> = {
    want() {},
    nextTurn() {},
    aheadBytes() {},
    readBytes({ bytes, bounds }, position, _sec, _isAsked, values): ReadOutcome {
      const customer = bytes[bounds[2 * position]];
      reads.push(customer);
      const left = busy.get(customer) ?? 0;
      busy.set(customer, left - 1);
      if (left > 0) return 'busy';
      values.fill(0);
      values[0] = customer;
      return 'known';
    },
  };
  const features = [...SHOP_FEATURES];
  const parts = {
    reader: reader as FeatureReader,
    registry,
    outputs: new HeadOutputs([shopBundle('lookup')]),
    inputs: new HeadInputs(features),
    features: features.length,
  };
  return { scorer: new ColumnScorer(parts), reads, session: registry.live()[0].session };
};

const columnsOf = (rows: number): Columns => ({
  rows,
  values: new Float32Array(2 * rows).fill(Number.NaN),
  known: new Uint8Array(rows),
});

test('a model that fails on one customer has no number for that one, and those of all others', async (t) => {
  const { scorer, session } = await open(t);
  const asked = [1, 99, 3, ...Array.from({ length: 100 }, (_, i) => i % 4)];
  const columns = columnsOf(asked.length);
  await new Promise((resolve) => scorer.score(askedOf(asked), columns, 0, resolve));
  for (const [row, customer] of asked.entries()) {
    const alone = new Float32Array(2).fill(Number.NaN);
    if (customer !== 99) session.run(Float32Array.of(customer, 0, 0, 0, 0), 1, alone);
    assert.deepEqual([columns.values[row], columns.values[asked.length + row]], [...alone], `row ${row}`);
  }
});

test('who could not be read is read again in a later turn, and every number stands where its customer does', async (t) => {
  for (const way of ['score', 'scoreNow'] as const) {
    const { scorer, reads } = await open(t, new Map([[2, 3]]));
    const columns = columnsOf(4);
    await new Promise((resolve) => scorer[way](askedOf([1, 2, 3]), columns, 1, resolve));
    assert.deepEqual(reads, [1, 2, 3, 2, 2, 2]);
    assert.deepEqual([...columns.known], [0, 1, 1, 1]);
    assert.equal(columns.values.findIndex(Number.isNaN), 0);
    assert.equal(columns.values.subarray(1, 4).findIndex(Number.isNaN), -1);
  }
});

test('questions are done in the order in which they came, a chunk a turn of the loop, and how many wait is told', async (t) => {
  const { scorer, reads } = await open(t);
  const size = LIMITS.scoreChunkRows * 2;
  const done: number[] = [];
  for (const customer of [1, 2, 3])
    scorer.score(askedOf(Array(size).fill(customer)), columnsOf(size), 0, () => done.push(customer));
  assert.equal(scorer.waitingCustomers, 3 * size);
  const seen: number[] = [];
  while (done.length < 3) {
    await turn();
    const now = reads.splice(0);
    assert.ok(now.length <= LIMITS.scoreChunkRows, `${now.length} in one turn`);
    if (now.length > 0) seen.push(now[0]);
    assert.equal(scorer.waitingCustomers, 3 * size - seen.length * LIMITS.scoreChunkRows);
  }
  assert.deepEqual(seen, [1, 1, 2, 2, 3, 3]);
  assert.deepEqual(done, [1, 2, 3]);
});

test('a question that waits for the writer holds up no other one', async (t) => {
  const { scorer } = await open(t, new Map([[2, 3]]));
  const done: number[] = [];
  const ends = [2, 1].map(
    (customer) =>
      new Promise<void>((resolve) =>
        scorer.score(askedOf([customer]), columnsOf(1), 0, () => {
          done.push(customer);
          resolve();
        }),
      ),
  );
  await Promise.all(ends);
  assert.deepEqual(done, [1, 2]);
});
