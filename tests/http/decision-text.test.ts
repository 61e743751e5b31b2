import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { checkSchema } from '../../src/base/schema-check.ts';
import type { Decision } from '../../src/decisions/decision.ts';
import { decisionSchema } from '../../src/serving/http/decision-schema.ts';
import { decisionStringifier } from '../../src/serving/http/decision-text.ts';
import { JsonWriter, pieceOf } from '../../src/serving/http/json-writer.ts';

const fourDigits = fc.integer({ min: -50_000_000, max: 50_000_000 }).map((parts) => parts / 10_000);
const number = fc.oneof(fourDigits, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,12}$/);
const time = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => date.toISOString());
const none = undefined;

test('a number is written as JSON writes it', () => {
  const out = new JsonWriter();
  const written = (value: number): string => out.number(value).take();
  for (const value of [
    0,
    -0,
    1,
    -1,
    10,
    500_214,
    999_999_999,
    2_147_483_647,
    -2_147_483_647,
    2_147_483_648,
    -2_147_483_648,
    2 ** 53,
    0.1,
    0.0001,
    0.00001,
    0.9999,
    9.0405,
    -12.34,
    1e21,
    5e-324,
    214_748.3647,
    214_748.3648,
    1e9,
  ])
    assert.equal(written(value), JSON.stringify(value));
  fc.assert(
    fc.property(number, (value) => assert.equal(written(value), JSON.stringify(value))),
    { numRuns: 2000 },
  );
});

test('32-bit floats are written so that they are read as the same', () => {
  const out = new JsonWriter();
  const written = (...values: readonly number[]): string => `[${out.floats(Float32Array.from(values)).take()}]`;
  assert.equal(written(), '[]');
  assert.equal(
    written(0, 1, 0.5, 0.25, -0.5, 2 ** -6, 1e-7, 12),
    '[0,1,0.5,0.25,-0.5,0.015625,1.0000000116860974e-7,12]',
  );
  const near = [2 ** -6, 1].flatMap((edge) => Array.from({ length: 200 }, (_, i) => edge + (i - 100) * 2 ** -30));
  const chance = fc.float({ min: 0, max: 1, noNaN: true });
  const readAgain = (values: readonly number[]): void =>
    // JSON.stringify knows no -0 either.
    assert.deepEqual(
      Float32Array.from(JSON.parse(written(...values))),
      Float32Array.from(values, (value) => value + 0),
    );
  readAgain(near);
  readAgain(Array.from({ length: 5000 }, (_, i) => Math.sin(i) ** 2));
  fc.assert(fc.property(fc.array(fc.oneof(chance, fc.float({ noNaN: true, noDefaultInfinity: true }))), readAgain), {
    numRuns: 2000,
  });
});

test('a string is written as JSON writes it, whatever stands before and behind', () => {
  const out = new JsonWriter();
  const comma = pieceOf(',');
  const written = (...strings: readonly string[]): string => {
    for (const [i, string] of strings.entries()) (i > 0 ? out.piece(comma) : out).string(string);
    return `[${out.take()}]`;
  };
  const any = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
  const ascii = fc.string({ unit: fc.integer({ min: 0, max: 0x7f }).map((unit) => String.fromCharCode(unit)) });
  fc.assert(
    fc.property(fc.array(fc.oneof(any, ascii, name)), (all) => assert.equal(written(...all), JSON.stringify(all))),
    { numRuns: 2000 },
  );
  for (const unit of ['x', 'é', '店', '"'])
    assert.equal(written('a', unit.repeat(100_000)), JSON.stringify(['a', unit.repeat(100_000)]));
});

test('the text of a decision is that of JSON.stringify, whatever it holds, and fits the schema', () => {
  const names = { segments: ['tier'], heads: ['action'], scores: ['repurchase30d'] };
  const schema = decisionSchema(names);
  const stringify = decisionStringifier();
  const terms = fc.record({
    ...{ reach: number, respond: number, value: number, discount: number },
    ...{ lever: number, cost: number, fatigue: number, budget: number },
  });
  const candidate = fc.oneof(
    fc.constant({ actionId: 'hold', expectedValue: 0, hold: true as const }),
    fc.record({ actionId: name, channel: name, sendAt: time, expectedValue: number, terms }),
  );
  const channel = fc.oneof(
    fc.record({ channel: name, propensity: fc.option(fourDigits, { nil: none }), allowed: fc.constant(true) }),
    fc.record({
      channel: name,
      propensity: fc.option(fourDigits, { nil: none }),
      allowed: fc.constant(false),
      rule: name,
    }),
  );
  const call = fc.record({
    ...{ propensity: number, answer: number, convert: number, expectedValue: number },
    ...{ bestHour: fc.integer({ min: 0, max: 23 }), callNow: fc.boolean() },
  });
  const decision: fc.Arbitrary<Decision> = fc.record({
    decisionId: name,
    // Whoever names customers may write anything.
    customerId: fc.string({ unit: 'grapheme', minLength: 1 }),
    known: fc.boolean(),
    at: time,
    asOf: fc.record({ offset: fc.nat(), lagMs: fc.nat() }),
    decision: fc.record({
      ...{ actionId: name, channel: name, sendAt: time, expiresAt: time, expectedValue: number },
      ...{ selectionProbability: fc.constant(1), hold: fc.boolean(), campaignId: name },
      address: fc.option(fc.string({ unit: 'grapheme' }), { nil: none }),
      params: fc.record({ offer: fc.string(), faceValue: fourDigits }),
    }),
    ranked: fc.array(candidate, { maxLength: 100 }),
    channels: fc.array(channel, { maxLength: 12 }),
    call: fc.option(call, { nil: none }),
    segments: fc.record({ tier: name }),
    suppressed: fc.array(fc.record({ actionId: name, channel: name, rule: name })),
    models: fc.record({ action: name }),
    scores: fc.record({ repurchase30d: fourDigits }),
    reasons: fc.constant([]),
    degraded: fc.constantFrom(none, true as const),
  });
  fc.assert(
    fc.property(decision, (one) => {
      const found = JSON.parse(stringify(one));
      assert.deepEqual(found, JSON.parse(JSON.stringify(one)));
      assert.equal(checkSchema(schema, found), undefined);
    }),
    { numRuns: 200 },
  );
});
