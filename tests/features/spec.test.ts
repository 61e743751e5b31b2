import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkSchema } from '../../src/base/schema-check.ts';
import { compilePlan } from '../../src/features/plan.ts';
import { FEATURES_SCHEMA, featureSpecs, KINDS } from '../../src/features/spec.ts';

const COMMON = { unit: 'orders', description: 'Orders' };
const count = { name: 'orders', kind: 'count', event: 'order.placed', ...COMMON };
const prior = { rate: 0.1, weight: 4 };

const compile = (features: unknown): unknown =>
  compilePlan(featureSpecs({ features }), { minorDigits: 2, zoneOffsetSec: 0 });

/** One feature that does not do, and what its author is told. */
const WRONG: readonly [feature: Record<string, unknown>, sentence: string][] = [
  [{ event: 'order.place' }, 'feature `orders`: unknown event `order.place`, did you mean `order.placed`?'],
  [{ event: 'something.else' }, 'feature `orders`: unknown event `something.else`'],
  [{ event: undefined }, 'feature `orders`: needs `event` or `events`'],
  [{ events: ['order.placed'] }, 'feature `orders`: takes `event` or `events`, not both'],
  [{ event: undefined, events: [] }, 'feature `orders`: events must have at least 1 items, not 0'],
  [{ kind: 'cuont' }, 'feature `orders`: unknown kind `cuont`, did you mean `count`?'],
  [{ kind: 'toString' }, 'feature `orders`: unknown kind `toString`'],
  [{ kind: undefined }, 'feature `orders`: `kind` is missing'],
  [{ unit: undefined }, 'feature `orders`: unit is missing'],
  [{ name: 'Orders 30' }, 'feature `Orders 30`: name must be a camelCase name of letters and digits'],
  [{ name: 7 }, 'feature 1: name must be a string, not a number'],
  [{ evnet: 'order.placed' }, 'feature `orders`: has an unknown key "evnet"; did you mean "event"?'],
  [{ default: Number.NaN }, 'feature `orders`: default must be a number, not NaN'],
  [{ where: { amuont: 3 } }, 'feature `orders`: `order.placed` has no field `amuont`, did you mean `amount`?'],
  [{ kind: 'sum', field: 'amuont' }, 'feature `orders`: `order.placed` has no field `amuont`, did you mean `amount`?'],
  [
    { kind: 'sum', field: 'lines.qantity' },
    'feature `orders`: `order.placed` has no field `lines.qantity`, did you mean `lines.quantity`?',
  ],
  [{ kind: 'sum', field: 'quantity' }, 'feature `orders`: `order.placed` has no field `quantity`'],
  [
    { kind: 'sum', event: undefined, events: ['cart.added', 'order.refunded'], field: 'x' },
    'feature `orders`: `cart.added`, `order.refunded` have no field `x`',
  ],
  [{ kind: 'sum' }, 'feature `orders`: field is missing'],
  [
    { kind: 'window', window: '30d', bucket: '7d' },
    'feature `orders`: window `30d` is no whole number of buckets `7d`',
  ],
  [
    { kind: 'window', window: '30d', bucket: '1h' },
    'feature `orders`: has 720 buckets, at most 128 fit: take a larger bucket',
  ],
  [
    { kind: 'window', window: '1 month', bucket: '1d' },
    'feature `orders`: window must be a duration such as 30d, 12h, 5m or 90s',
  ],
  [{ kind: 'decayed', halfLife: '0d' }, 'feature `orders`: halfLife must be a duration such as 30d, 12h, 5m or 90s'],
  [
    { kind: 'decayed', halfLife: '7d', by: 'compaign' },
    'feature `orders`: `by` knows no `compaign`: use everybody, campaign, action, channel, source, store, sku or attribute:<name>',
  ],
  [
    { by: 'attribute:' },
    'feature `orders`: `by` knows no `attribute:`: use everybody, campaign, action, channel, source, store, sku or attribute:<name>',
  ],
  [{ by: ['sku', 'store', 'source'] }, 'feature `orders`: `by` takes one or two keys'],
  [
    { kind: 'last' },
    'feature `orders`: without `field` it is a time, so `unit` must be one of seconds, minutes, hours, days',
  ],
  [{ kind: 'gap' }, 'feature `orders`: `unit` must be one of seconds, minutes, hours, days'],
  [{ kind: 'activeDays', days: 400 }, 'feature `orders`: days must be <= 384'],
  [{ kind: 'hours', bins: 'weekday', from: 5, to: 8, prior }, 'feature `orders`: `to` must be at most 7'],
  [{ kind: 'hours', bins: 'hour', from: 12, to: 12, prior }, 'feature `orders`: `from` must be less than `to`'],
  [
    { kind: 'hours', bins: 'hour', from: 1, to: 2, prior, of: { event: 'order.placd' } },
    'feature `orders`: `of` unknown event `order.placd`, did you mean `order.placed`?',
  ],
  [
    { kind: 'rate', of: { event: 'coupon.isued' }, prior },
    'feature `orders`: `of` unknown event `coupon.isued`, did you mean `coupon.issued`?',
  ],
  [{ kind: 'rate', of: {}, prior }, 'feature `orders`: `of` needs `event` or `events`'],
  [
    { kind: 'rate', of: { event: 'order.placed' }, prior: { rate: 2, weight: 4 } },
    'feature `orders`: prior.rate must be <= 1',
  ],
  [
    { kind: 'rate', of: { event: 'order.placed' }, prior: { ...prior, wieght: 4 } },
    'feature `orders`: prior has an unknown key "wieght"; did you mean "weight"?',
  ],
  [
    { kind: 'flag', off: { event: 'order.refund' } },
    'feature `orders`: `off` unknown event `order.refund`, did you mean `order.refunded`?',
  ],
  [{ kind: 'channel', event: undefined, channel: 'sms', stat: 'rate' }, 'feature `orders`: `rate` needs `prior`'],
  [
    { kind: 'channel', event: undefined, channel: 'sms', stat: 'fatigue' },
    'feature `orders`: `fatigue` needs `halfLife`',
  ],
  [
    { kind: 'channel', event: undefined, channel: 'sms', stat: 'since' },
    'feature `orders`: `unit` must be one of seconds, minutes, hours, days',
  ],
  [{ kind: 'sum', field: 'lines.item.margin' }, 'feature `orders`: `lines.item.margin`: it needs an `items.yaml`'],
  [{ where: { item: 'tea' } }, 'feature `orders`: `order.placed` has no field `item`'],
  [{ where: { 'item.taste': 'sweet' } }, 'feature `orders`: `order.placed` has no field `item.taste`'],
  [
    { kind: 'rhythm', last: 5, stat: 'deviation' },
    'feature `orders`: `unit` must be one of seconds, minutes, hours, days',
  ],
  [{ kind: 'rhythm', last: 2, stat: 'cv' }, 'feature `orders`: last must be >= 3'],
  [
    { kind: 'runOut', event: 'product.viewed', key: 'category', last: 4, stat: 'pace' },
    'feature `orders`: looks at order lines: `event` must be `order.placed`',
  ],
  [
    { kind: 'runOut', key: 'categroy', last: 4, stat: 'pace' },
    'feature `orders`: `order.placed` has no field `categroy`, did you mean `category`?',
  ],
  [{ kind: 'runOut', key: 'category', last: 4, stat: 'due' }, 'feature `orders`: `due` needs `within`'],
  [
    { kind: 'affinity', event: 'content.opened', key: 'topc', last: 4, stat: 'top' },
    'feature `orders`: `content.opened` has no field `topc`, did you mean `topic`?',
  ],
  [{ kind: 'affinity', key: 'category', last: 4, stat: 'share' }, 'feature `orders`: `share` needs `only`'],
  [
    { kind: 'distinct', field: 'lines.skus' },
    'feature `orders`: `order.placed` has no field `lines.skus`, did you mean `lines.sku`?',
  ],
  [{ kind: 'action', event: undefined, slots: 4, stat: 'rate' }, 'feature `orders`: `rate` needs `prior`'],
  [{ kind: 'contacts', event: undefined, last: 33, within: '7d' }, 'feature `orders`: last must be <= 32'],
  [{ kind: 'tags', event: undefined }, 'feature `orders`: takes `tag` or `except`, one of them'],
  [{ kind: 'anniversary', event: undefined, unit: 'days' }, 'feature `orders`: needs `event` or `events`'],
  [
    { kind: 'anniversary', attribute: 'birthday', unit: 'days' },
    'feature `orders`: takes `attribute` or `event`, not both',
  ],
  [{ kind: 'anniversary', unit: 'years' }, 'feature `orders`: `unit` must be days'],
  [
    { kind: 'priceSensitivity', event: undefined, stat: 'tier', prior, middle: 0.5, high: 0.4 },
    'feature `orders`: `middle` must be less than `high`',
  ],
  [{ kind: 'consent' }, 'feature `orders`: channel is missing'],
  [
    { kind: 'attribute', event: undefined, attribute: 'a', is: 'x', vocabulary: ['x'] },
    'feature `orders`: takes `is` or `vocabulary`, not both',
  ],
  [
    { kind: 'attribute', event: undefined, attribute: 'a', stat: 'since' },
    'feature `orders`: `unit` must be one of seconds, minutes, hours, days',
  ],
  [
    { kind: 'derived', event: undefined, op: 'ratio', of: ['a'] },
    'feature `orders`: `ratio` takes 2 operand(s), not 1',
  ],
  [{ kind: 'derived', event: undefined, op: 'sum', of: ['orders'] }, 'feature `orders`: is made from itself'],
  [
    { kind: 'derived', event: undefined, op: 'sum', of: ['ordrs', 'orders30'] },
    'feature `orders`: there is no feature `ordrs`, did you mean `orders`?',
  ],
];

test('what is wrong with a feature is said in its author’s words', () => {
  const said = WRONG.map(([feature]) => {
    const whole = Object.fromEntries(
      Object.entries({ ...count, ...feature }).filter(([, value]) => value !== undefined),
    );
    try {
      compile([whole]);
      return 'nothing';
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'PACK_INVALID', (error as Error).stack);
      return (error as Error).message;
    }
  });
  assert.deepEqual(
    said,
    WRONG.map(([, sentence]) => sentence),
  );
});

test('what is wrong between features is said too', () => {
  const derived = { name: 'late', kind: 'derived', op: 'sum', of: ['orders'], ...COMMON };
  const code = 'PACK_INVALID';
  assert.throws(() => compile([derived, count]), {
    code,
    message: 'feature `late`: `orders` is declared after it: move it up',
  });
  assert.throws(() => compile([count, count]), { code, message: 'feature `orders` is declared twice' });
  assert.throws(() => compile([count, 'count']), { code, message: 'feature 2: must be an object' });
  assert.throws(() => compile([count, null]), { code, message: 'feature 2: must be an object' });
  assert.throws(() => compile([]), { code, message: 'features.yaml: features must have at least 1 items, not 0' });
  for (const [document, message] of [
    [null, 'features.yaml: the document must be an object, not null'],
    [{}, 'features.yaml: features is missing'],
    [
      { features: [count], feature: [] },
      'features.yaml: the document has an unknown key "feature"; did you mean "features"?',
    ],
  ] as const)
    assert.throws(() => featureSpecs(document), { code, message });
});

test('the schema for editors takes and refuses what the service does', () => {
  const features = [count, { name: 'w', kind: 'window', event: 'order.placed', window: '2d', bucket: '1d', ...COMMON }];
  assert.equal(checkSchema(FEATURES_SCHEMA, { features }), undefined);
  assert.notEqual(checkSchema(FEATURES_SCHEMA, { features: [{ ...count, window: '2d' }] }), undefined);
});

test('features over the same events share their words', () => {
  const window = (name: string, length: string) => ({ ...count, name, kind: 'window', window: length, bucket: '1d' });
  const words = (features: unknown[]): number => (compile(features) as { rowWords: number }).rowWords;
  const alone = words([window('long', '30d')]);
  assert.equal(words([window('short', '3d'), window('long', '30d'), window('middle', '7d')]), alone);
  const gap = { ...count, name: 'gap', kind: 'gap', unit: 'days' };
  assert.equal(words([count, gap]), words([gap]));
  assert.equal(words([{ ...count, name: 'two', events: ['order.placed'], event: undefined }, count]), words([count]));
  assert.ok(words([count, { ...count, name: 'other', where: { storeId: 's' } }]) > words([count]));
});

test('every kind is explained in the documentation, with its fields', () => {
  const text = readFileSync(new URL('../../docs/features.md', import.meta.url), 'utf8');
  for (const { name, schema } of KINDS) {
    const line = text.split('\n').find((one) => one.startsWith('| `') && one.split('|')[1].includes(`\`${name}\``));
    assert.ok(line, `${name} is not explained`);
    for (const field of Object.keys(schema.properties)) assert.ok(line.includes(`\`${field}\``), `${name}: ${field}`);
  }
});
