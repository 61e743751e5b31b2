import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resultOf } from '../../bench/result.ts';
import type { Row } from '../../bench/row.ts';
import type { Sample } from '../../bench/sample.ts';

const row: Row = {
  name: 'row',
  product: 'product',
  ceiling: 'ceiling',
  unit: 'requests',
  bar: { kind: 'ratio', pass: 0.6, excellent: 0.8 },
  isPromised: true,
  open: () => Promise.reject(new Error('never opened')),
};

const sample = (work: number, wallSec: number, cpuSec: number): Sample => ({
  work,
  wallSec,
  cpuSec,
  checked: work,
  wrong: [],
  wrongCount: 0,
});

const resultWith = (products: Sample[], bar = row.bar) =>
  resultOf({ row: { ...row, bar }, notes: [], ceilings: products.map(() => sample(1000, 1, 1)), products });

test('the smaller of the two ratios is held against the bar', () => {
  const clientBound = resultWith([sample(900, 1, 1.8)]);
  assert.equal(clientBound.ratioByWall, 0.9);
  assert.equal(clientBound.ratio, 0.5);
  assert.equal(clientBound.verdict, 'short');
  const waiting = resultWith([sample(700, 1, 0.5)]);
  assert.equal(waiting.ratio, 0.7);
  assert.equal(waiting.verdict, 'pass');
  assert.equal(resultWith([sample(850, 1, 1)]).verdict, 'excellent');
});

test('one disturbed pair of three is not the result', () => {
  const result = resultWith([sample(700, 1, 1), sample(10, 1, 1), sample(720, 1, 1)]);
  assert.equal(result.ratio, 0.7);
  assert.deepEqual(result.ratioRange, [0.01, 0.72]);
});

test('only a ratio below a third of its bar is far short', () => {
  assert.equal(resultWith([sample(210, 1, 1)]).isFarShort, false);
  assert.equal(resultWith([sample(190, 1, 1)]).isFarShort, true);
  const perCpu = resultWith([sample(100, 1, 1)], { kind: 'perCpuSec', pass: 200 });
  assert.equal(perCpu.verdict, 'short');
  assert.equal(perCpu.isFarShort, false);
});
