import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadPack } from '../../src/packs/pack.ts';
import { packDiff } from '../../src/packs/pack-diff.ts';
import { packFolder } from '../support/pack-folder.ts';

type Parts = Parameters<typeof packFolder>[0];
type Features = Parts['features'];

const orders = { name: 'orders', kind: 'count', event: 'order.placed', unit: 'orders' };
const paid = { name: 'paid', kind: 'sum', event: 'order.placed', field: 'amount', unit: 'money' };
const mean = { name: 'mean', kind: 'derived', op: 'ratio', of: ['paid', 'orders'], unit: 'money' };
const high = { name: 'high', kind: 'derived', op: 'atLeast', of: ['mean', 100], unit: 'yes' };
const ring = (name: string, window: string) => ({
  name,
  kind: 'window',
  event: 'order.placed',
  window,
  bucket: '5d',
  unit: 'orders',
});

const diffOf = (before: Parts, after: Parts) => packDiff(loadPack(packFolder(before)), loadPack(packFolder(after)));
const featuresOf = (before: Features, after: Features) =>
  diffOf({ features: before }, { features: after }).features.map(({ name, how, told, words }) => [
    name,
    how,
    told,
    words,
  ]);

test('what only reads otherwise is no difference: order, wording, one event as a list', () => {
  const before = [orders, { ...paid, event: 'order.placed' }, mean];
  const { event, ...rest } = orders;
  const after = [{ ...paid, description: 'else', serves: 'more' }, { events: [event], ...rest }, mean];
  const diff = diffOf({ features: before }, { features: after });
  assert.deepEqual([diff.features, diff.featuresSame, diff.settings], [[], 3, []]);
  assert.equal(diff.rowBytes[0], diff.rowBytes[1]);
});

test('added, removed and changed features, with the words that come and go', () => {
  const fading = { name: 'fading', kind: 'decayed', event: 'order.placed', unit: 'orders', halfLife: '10d' };
  const changed = featuresOf(
    [orders, paid, fading],
    [orders, { ...fading, halfLife: '20d' }, { ...orders, name: 'too' }],
  );
  assert.deepEqual(
    changed.map(([name, how, told]) => [name, how, told]),
    [
      ['fading', 'changed', 'halfLife 10d → 20d'],
      ['too', 'added', 'count'],
      ['paid', 'removed', 'sum'],
    ],
  );
  const [, too, gone] = changed.map(([, , , words]) => words as number);
  assert.equal(too, 0, 'it shares the words of `orders`');
  assert.ok(gone < 0);
});

test('the words of all changes add up to the difference of the rows', () => {
  const before = [orders, paid, ring('week', '10d')];
  const after = [ring('week', '10d'), ring('month', '30d'), { ...paid, field: 'discount' }];
  const { features, rowBytes } = diffOf({ features: before }, { features: after });
  const sum = features.reduce((total, { words }) => total + words, 0);
  assert.equal(sum * 4, rowBytes[1] - rowBytes[0]);
  assert.notEqual(sum, 0);
});

test('a feature made from a changed one changes its meaning too, through any number of steps', () => {
  const after = [orders, { ...paid, where: { orderId: 'x' } }, mean, high];
  assert.deepEqual(
    featuresOf([orders, paid, mean, high], after).map(([name, , told]) => [name, told]),
    [
      ['paid', 'where none → {"orderId":"x"}'],
      ['mean', 'made from `paid`, which changes'],
      ['high', 'made from `mean`, which changes'],
    ],
  );
});

test('labels, the moment and segments by name', () => {
  const label = (name: string, within: string) => ({ name, event: 'order.placed', within });
  const features = [orders];
  const before = {
    features,
    labels: [label('buys', '5d'), label('gone', '5d')],
    moment: { event: 'order.placed' },
    segments: { tier: [{ is: 'a', when: { orders: { min: 1 } } }], same: [{ is: 'b' }] },
  };
  const after = {
    features,
    labels: [label('buys', '6d'), label('fresh', '5d')],
    moment: { every: '7d' },
    segments: { same: [{ is: 'b' }], tier: [{ is: 'a', when: { orders: { min: 2 } } }] },
  };
  const diff = diffOf(before, after);
  assert.deepEqual(
    diff.labels.map(({ name, how }) => [name, how]),
    [
      ['buys', 'changed'],
      ['fresh', 'added'],
      ['moment', 'changed'],
      ['gone', 'removed'],
    ],
  );
  assert.deepEqual(diff.segments, [{ name: 'tier', how: 'changed', told: '' }]);
  assert.deepEqual(diffOf(before, before).labels, []);
});

test('a setting that changes every number is told', () => {
  const { settings } = diffOf({ features: [orders] }, { name: 'bank', features: [orders] });
  assert.deepEqual(settings, [{ name: 'name', how: 'changed', told: 'shop → bank' }]);
});
