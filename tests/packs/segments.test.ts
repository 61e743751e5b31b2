import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileSegments, segmentOf } from '../../src/packs/segments.ts';
import { packOf } from '../support/feature-state.ts';

const FEATURES = ['orders', 'amountTotal'];
const OUTPUTS = new Set(['repurchase30d']);
const compile = (segments: unknown) => compileSegments({ segments }, FEATURES, OUTPUTS);

const tier = compile({
  tier: [
    { is: 'gold', when: { amountTotal: { min: 2000 }, orders: { min: 5, max: 50 } } },
    { is: 'likely', when: { repurchase30d: { min: 0.5 } } },
    { is: 'new', when: { orders: { max: 0 } } },
  ],
})[0];

test('the first line whose conditions all hold wins, and bounds belong to it', () => {
  const of = (orders: number, amountTotal: number, scores: Record<string, number> = {}): string | undefined =>
    segmentOf(tier, Float64Array.of(orders, amountTotal), scores);
  assert.equal(of(5, 2000), 'gold');
  assert.equal(of(50, 2000, { repurchase30d: 0.9 }), 'gold');
  assert.equal(of(51, 2000, { repurchase30d: 0.5 }), 'likely');
  assert.equal(of(4, 2000), undefined);
  assert.equal(of(5, 1999.99), undefined);
  assert.equal(of(0, 0), 'new');
});

test('a condition on a score that is not there does not hold', () => {
  assert.equal(segmentOf(tier, Float64Array.of(1, 1), {}), undefined);
  assert.equal(segmentOf(tier, Float64Array.of(1, 1), { repurchase30d: Number.NaN }), undefined);
});

test('a line without conditions holds for everybody', () => {
  const [everybody] = compile({ any: [{ is: 'all' }] });
  assert.equal(segmentOf(everybody, Float64Array.of(0, 0), {}), 'all');
});

test('what is wrong is said in its author’s words', () => {
  const lines: readonly [segments: unknown, sentence: string][] = [
    [
      { tier: [{ is: 'a', when: { order: { min: 1 } } }] },
      'segment `tier`: there is no feature or output `order`, did you mean `orders`?',
    ],
    [
      { tier: [{ is: 'a', when: { repurchase90d: { min: 1 } } }] },
      'segment `tier`: there is no feature or output `repurchase90d`, did you mean `repurchase30d`?',
    ],
    [
      { tier: [{ is: 'a', when: { orders: { min: 3, max: 2 } } }] },
      'segment `tier`: `orders` cannot be at least 3 and at most 2',
    ],
    [
      { tier: [{ is: 'a', when: { orders: { least: 3 } } }] },
      'segments.tier[0].when.orders has an unknown key "least"',
    ],
    [{ tier: [{ when: {} }] }, 'segments.tier[0].is is missing'],
    [{ tier: [] }, 'segments.tier must have at least 1 items, not 0'],
  ];
  for (const [segments, sentence] of lines)
    assert.throws(() => compile(segments), { code: 'PACK_INVALID', message: `segments.yaml: ${sentence}` });
});

test('the retail pack names everybody in every respect', () => {
  const pack = packOf('models/retail');
  const segments = compileSegments(pack.segments, pack.featureNames, new Set(['repurchase30d', 'repurchase90d']));
  const nobody = new Float64Array(pack.featureNames.length);
  const named = Object.fromEntries(segments.map((segment) => [segment.name, segmentOf(segment, nobody, {})]));
  assert.deepEqual(named, { tier: 'regular', lifecycle: 'prospect', intent: 'low', priceSensitivity: 'unknown' });
});
