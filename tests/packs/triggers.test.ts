import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadPack } from '../../src/packs/pack.ts';
import { foldsAlike, packDiff } from '../../src/packs/pack-diff.ts';
import { packOf } from '../support/feature-state.ts';
import { packFolder } from '../support/pack-folder.ts';

const FEATURES = [
  { name: 'orderDays', kind: 'last', event: 'order.placed', unit: 'days' },
  { name: 'orders', kind: 'count', event: 'order.placed', unit: 'orders' },
];
const packWith = (...triggers: object[]) => loadPack(packFolder({ features: FEATURES, triggers: { triggers } }));
const lapse = { name: 'lapse', when: { feature: 'orderDays', crosses: 'above', value: 90 } };
const rule = { name: 'keen', rule: 'orders >= 3', rearm: '7d' };

test('what is wrong with a trigger is said in words', () => {
  const cases: [object, RegExp][] = [
    [
      { ...lapse, when: { ...lapse.when, feature: 'orderDay' } },
      /`lapse`: there is no feature `orderDay`.*`orderDays`/,
    ],
    [{ ...lapse, when: { ...lapse.when, feature: 'orders' } }, /`orders` does not move with time.*use `rule`/],
    [{ ...lapse, when: { ...lapse.when, crosses: 'below' } }, /`orderDays` only rises with time: it crosses `above`/],
    [{ ...lapse, if: 'order > 1' }, /trigger `lapse`: if: .*order/],
    [{ ...lapse, if: 'orders + 1' }, /must be true or false/],
    [{ ...lapse, rule: 'orders > 1' }, /needs `when` or `rule`, and not both/],
    [{ name: 'none' }, /needs `when` or `rule`/],
    [{ ...rule, rearm: undefined }, /`rule` needs `rearm`/],
    [{ ...rule, if: 'orders > 1' }, /write it into the rule/],
    [{ ...rule, every: '5m' }, /at least 1h/],
    [{ ...rule, rule: 'alias("phone")' }, /know no `alias\(\)`/],
    [{ ...lapse, rearm: 'often' }, /a duration such as 30d/],
    [{ ...lapse, name: 'Lapse!' }, /small letters/],
  ];
  for (const [trigger, message] of cases)
    assert.throws(() => packWith(trigger), { code: 'PACK_INVALID', message }, JSON.stringify(trigger));
  assert.throws(() => packWith(lapse, lapse), { message: /`lapse`: is declared twice/ });
});

test('a trigger that is added changes what rows keep, another value does not', () => {
  const before = packWith(lapse);
  const other = packWith({ ...lapse, when: { ...lapse.when, value: 60 } });
  assert.deepEqual(packDiff(before, other).triggers, [{ name: 'lapse', how: 'changed', told: '' }]);
  assert.ok(foldsAlike(before, other));
  const more = packWith(lapse, rule);
  assert.deepEqual(packDiff(before, more).triggers, [{ name: 'keen', how: 'added', told: '' }]);
  assert.ok(!foldsAlike(before, more));
});

test('the retail pack tells of run-out, lapse, coupons, birthdays and hot leads', () => {
  const { triggers } = packOf('models/retail');
  const names = ['birthday.soon', 'coupon.expiring', 'hot.lead', 'lapse.risk', 'runout.soon'];
  assert.deepEqual(
    triggers.map(({ name }) => name),
    names,
  );
});
