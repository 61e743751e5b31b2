import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { numbersOf, RowTraffic } from '../../bench/traffic/row-traffic.ts';

const BUNDLE = fileURLToPath(new URL('../../models/retail/repurchase/1', import.meta.url));
const { input } = JSON.parse(readFileSync(join(BUNDLE, 'manifest.json'), 'utf8'));

test('rows are random ones of the model, within the bounds of its features', () => {
  const traffic = new RowTraffic('/score', 'rows', BUNDLE, 100, 50);
  const rows = [traffic.next(), traffic.next()].flatMap(({ body }) => JSON.parse(body).rows as number[][]);
  assert.equal(new Set(rows.map(String)).size, 100);
  for (const row of rows) {
    assert.equal(row.length, input.features.length);
    for (const [i, { min, max }] of input.features.entries()) assert.ok(row[i] >= min && row[i] <= max);
  }
  const { shape, data } = JSON.parse(new RowTraffic('/', 'tensor', BUNDLE, 100, 3).next().body).inputs[0];
  assert.deepEqual(shape, [3, input.features.length]);
  assert.equal(data.length, 3 * input.features.length);
});

test('answers are read in each form, and those that lack something are told', () => {
  const rows = '{"scores":[[0.1,0.2],[0.3,0.4]]}';
  const tensor = '{"outputs":[{"data":[0.1,0.2,0.3,0.4]}]}';
  const feast = '{"results":[{"values":["C1","C2"]},{"values":[1,2]},{"values":[3,4]}]}';
  assert.deepEqual(numbersOf('rows', rows), [0.1, 0.2, 0.3, 0.4]);
  assert.deepEqual(numbersOf('tensor', tensor), [0.1, 0.2, 0.3, 0.4]);
  assert.deepEqual(numbersOf('feast', feast), [1, 2, 3, 4]);
  for (const [form, right, wrong] of [
    ['rows', rows, '{"scores":[[0.1,0.2]]}'],
    ['rows', rows, '{"scores":[[0.1,0.2],[0.3,1.4]]}'],
    ['tensor', tensor, '{"outputs":[{"data":[0.1,0.2,0.3]}]}'],
    ['feast', feast, '{"results":[{"values":["C1","C2"]},{"values":[1,2]},{"values":[3,null]}]}'],
  ] as const) {
    assert.equal(new RowTraffic('/', form, BUNDLE, 10, 2).next().problem(right), undefined);
    assert.ok(new RowTraffic('/', form, BUNDLE, 10, 2).next().problem(wrong), wrong);
  }
});
