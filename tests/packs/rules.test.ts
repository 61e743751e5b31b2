import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Environment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import type { Item, Items } from '../../src/features/items.ts';
import { RuleItems } from '../../src/packs/rule-items.ts';
import { Rules } from '../../src/packs/rules.ts';

const FEATURES = ['orders', 'days', 'share', 'place'];
const OUTPUTS = ['repurchase30d', 'buy.hold'];
const ITEMS: Items = new Map<string, Item>([
  ['tea', { category: 'drinks', margin: 0.5 }],
  ['nuts', { category: 'snacks' }],
]);
const rules = (): Rules => new Rules(FEATURES, OUTPUTS, new RuleItems(ITEMS));
const of = (...values: number[]): Float64Array => Float64Array.from(values);

test('a rule reads features, outputs, aliases and items', () => {
  const all = rules();
  const holds = (text: string, values: Float64Array, outputs = of(0.4, 0.1), aliases = 0) =>
    all.boolean(text, 'rule').evaluate(values, outputs, aliases);
  assert.equal(holds('orders == 1 && days <= 90', of(1, 90, 0, 0)), true);
  assert.equal(holds('orders == 1 && days <= 90', of(1, 91, 0, 0)), false);
  assert.equal(holds('repurchase30d > 0.3 ? share >= 0.5 : false', of(0, 0, 0.5, 0)), true);
  assert.equal(holds('alias("phone") && !alias("app")', of(0, 0, 0, 0), of(0, 0), 0b01), true);
  assert.equal(holds('alias("phone") && !alias("app")', of(0, 0, 0, 0), of(0, 0), 0b11), false);
  assert.deepEqual(all.schemes, ['phone', 'app']);
  const sku = all.text({ cel: 'item(place).sku' }, 'rule');
  assert.equal(sku.evaluate(of(0, 0, 0, 2), of(0, 0), 0), 'nuts');
  assert.deepEqual(sku.features, ['place']);
  // What is not there is absent, also in rules that the library evaluates itself.
  for (const place of [0, 3, -1, 1.5, Number.NaN])
    assert.equal(sku.evaluate(of(0, 0, 0, place), of(0, 0), 0), undefined);
  const inherited = all.text({ cel: 'item(place).constructor' }, 'rule');
  assert.equal(inherited.evaluate(of(0, 0, 0, 1), of(0, 0), 0), undefined);
  const slow = all.text({ cel: '"for " + string(days) + " days, " + item(place).category' }, 'rule');
  assert.equal(slow.evaluate(of(0, 7, 0, 1), of(0, 0), 0), 'for 7 days, drinks');
  assert.equal(slow.evaluate(of(0, 7, 0, 9), of(0, 0), 0), undefined);
  assert.equal(all.number(3, 'rule').evaluate(of(), of(), 0), 3);
});

test('what a rule cannot be is said in the words of its writer', () => {
  const why = (text: string): string => {
    try {
      rules().boolean(text, 'actions.yaml: action `x`: eligibility');
      return 'taken';
    } catch (error) {
      return (error as Error).message.replace('actions.yaml: action `x`: eligibility: ', '');
    }
  };
  assert.equal(why('ordrs > 1'), 'there is no feature or output `ordrs`, did you mean `orders`?');
  assert.equal(
    why('repurchase30 > 0.1'),
    'there is no feature or output `repurchase30`, did you mean `repurchase30d`?',
  );
  assert.equal(why('orders'), 'must be true or false, and is a number');
  assert.equal(why('maxx(orders, 2) > 1'), 'there is no `maxx` that takes these, did you mean `max`?');
  assert.match(why('orders > 1 &&'), /^is no rule of CEL: .*end|EOF/);
  assert.match(why('orders && true'), /^is no rule of CEL: /);
  assert.match(why('orders > "2"'), /^is no rule of CEL: .*double > string/);
  assert.match(why('process.exit()'), /no feature or output `process`/);
});

/** Rules of random shape over the features, as text, by what they come to. */
const { number, boolean } = fc.letrec<{ number: string; boolean: string }>((tie) => ({
  number: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...FEATURES, 'repurchase30d', '0', '1', '2.5', '17'),
    fc
      .tuple(tie('number'), fc.constantFrom('+', '-', '*', '/'), tie('number'))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    tie('number').map((a) => `-(${a})`),
    fc.tuple(fc.constantFrom('min', 'max'), tie('number'), tie('number')).map(([f, a, b]) => `${f}(${a}, ${b})`),
    fc.tuple(tie('boolean'), tie('number'), tie('number')).map(([c, a, b]) => `(${c} ? ${a} : ${b})`),
  ),
  boolean: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .tuple(tie('number'), fc.constantFrom('<', '<=', '>', '>=', '==', '!='), tie('number'))
      .map((parts) => parts.join(' ')),
    fc.tuple(tie('boolean'), fc.constantFrom('&&', '||'), tie('boolean')).map(([a, op, b]) => `(${a} ${op} ${b})`),
    tie('boolean').map((a) => `!(${a})`),
    fc.tuple(tie('number'), tie('number'), tie('number')).map(([a, b, c]) => `${a} in [${b}, ${c}]`),
    fc.constant('alias("phone")'),
  ),
}));

test('rules run as JavaScript come to what the library makes of them', () => {
  const oracle = new Environment();
  for (const name of [...FEATURES, 'repurchase30d']) oracle.registerVariable(name, 'double');
  oracle.registerFunction('min(double, double): double', Math.min);
  oracle.registerFunction('max(double, double): double', Math.max);
  oracle.registerFunction('alias(string): bool', () => true);
  const whole = (text: string): string => text.replace(/(?<![\w.])(\d+)(?![\w.])/g, '$1.0');
  const value = fc.oneof(fc.integer({ min: -3, max: 20 }), fc.double({ noNaN: true, min: -5, max: 5 }));
  fc.assert(
    fc.property(fc.oneof(number, boolean), fc.array(value, { minLength: 5, maxLength: 5 }), (text, values) => {
      const context = Object.fromEntries([...FEATURES, 'repurchase30d'].map((name, i) => [name, values[i]]));
      const expected: unknown = oracle.evaluate(whole(text), context);
      const all = rules();
      const rule = typeof expected === 'boolean' ? all.boolean(text, 'rule') : all.number(text, 'rule');
      assert.deepEqual(rule.evaluate(Float64Array.from(values.slice(0, 4)), of(values[4], 0), 1), expected, text);
    }),
    { numRuns: 500 },
  );
});
