import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePlan } from '../../src/features/plan.ts';
import { featureSpecs } from '../../src/features/spec.ts';
import { itemsOf } from '../../src/packs/items.ts';

const tea = { sku: 'k1', category: 'tea', supplyDays: 30, attributes: { taste: 'sweet' } };

test('what is wrong with an item is said in its author’s words', () => {
  const wrong: readonly [item: object, sentence: string][] = [
    [{ sku: undefined }, 'items.yaml: items[0].sku is missing'],
    [{ categry: 'tea' }, 'items.yaml: items[0] has an unknown key "categry"; did you mean "category"?'],
    [{ supplyDays: -1 }, 'items.yaml: items[0].supplyDays must be >= 0'],
    [{ attributes: { margin: 1 } }, 'items.yaml: item `k1`: write `margin` beside `attributes`, not among them'],
  ];
  for (const [change, message] of wrong) {
    const item = Object.fromEntries(Object.entries({ ...tea, ...change }).filter(([, value]) => value !== undefined));
    assert.throws(() => itemsOf({ items: [item] }), { code: 'PACK_INVALID', message });
  }
  assert.throws(() => itemsOf({ items: [tea, tea] }), {
    code: 'PACK_INVALID',
    message: 'items.yaml: item `k1` is declared twice',
  });
});

test('a feature can only ask for what some item has', () => {
  const items = itemsOf({ items: [tea] });
  const plan = (key: string) =>
    compilePlan(
      featureSpecs({
        features: [
          {
            name: 'f',
            kind: 'affinity',
            event: 'order.placed',
            key,
            last: 3,
            stat: 'top',
            unit: 'share',
            description: 'd',
          },
        ],
      }),
      { minorDigits: 2, zoneOffsetSec: 0, items },
    );
  assert.equal(plan('item.taste').features.length, 1);
  assert.throws(() => plan('item.tast'), {
    code: 'PACK_INVALID',
    message: 'feature `f`: `item.tast`: no item of items.yaml has `tast`, did you mean `taste`?',
  });
});
