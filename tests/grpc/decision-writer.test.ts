import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Decision } from '../../src/decisions/decision.ts';
import { decisionMessage } from '../../src/serving/grpc/decision-message.ts';
import { DecisionWriter } from '../../src/serving/grpc/decision-writer.ts';
import { ScoreResponse } from '../../src/serving/grpc/generated/beckon/v1/scoring.ts';

/** Empty, ASCII, of several bytes a sign, and long enough for every way of writing a text. */
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ minLength: 120, maxLength: 300 }),
);
const number = fc.oneof(fc.constant(0), fc.double({ noNaN: true }), fc.integer({ min: -100, max: 100 }));
const whole = fc.oneof(fc.nat(200), fc.maxSafeNat());
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const record = <T>(of: fc.Arbitrary<T>) =>
  fc.dictionary(
    text.filter((name) => name !== '__proto__'),
    of,
    { maxKeys: 4, noNullPrototype: true },
  );
const list = <T>(of: fc.Arbitrary<T>) => fc.array(of, { maxLength: 4 });

const numbers = <T extends string>(...names: readonly T[]) =>
  fc.record(Object.fromEntries(names.map((name) => [name, number])) as Record<T, typeof number>);
const terms = numbers('reach', 'respond', 'value', 'discount', 'lever', 'cost', 'fatigue', 'budget');

const decision = fc.record({
  decisionId: text,
  customerId: text,
  known: fc.boolean(),
  at: text,
  asOf: fc.record({ offset: whole, lagMs: whole }),
  decision: fc.record({
    ...{ actionId: text, expectedValue: number, selectionProbability: number, hold: fc.boolean() },
    ...{ channel: maybe(text), sendAt: maybe(text), expiresAt: maybe(text), campaignId: maybe(text) },
    ...{ address: maybe(text), params: maybe(record(fc.oneof(text, number))) },
  }),
  ranked: list(
    fc.record({
      ...{ actionId: text, channel: maybe(text), sendAt: maybe(text), expectedValue: number },
      ...{ hold: maybe(fc.constant(true)), terms: maybe(terms) },
    }),
  ),
  channels: list(fc.record({ channel: text, propensity: maybe(number), allowed: fc.boolean(), rule: maybe(text) })),
  call: maybe(
    fc
      .record({ callNow: fc.boolean(), bestHour: fc.nat(23) })
      .chain((of) => numbers('propensity', 'answer', 'convert', 'expectedValue').map((more) => ({ ...of, ...more }))),
  ),
  segments: record(text),
  suppressed: list(fc.record({ actionId: text, channel: text, rule: text })),
  models: record(text),
  scores: record(number),
  reasons: fc.constant([]),
  degraded: maybe(fc.constant(true)),
}) as fc.Arbitrary<unknown> as fc.Arbitrary<Decision>;

test('decisions are written byte for byte as the definitions have it', () => {
  const writer = new DecisionWriter();
  fc.assert(
    fc.property(decision, (made) => {
      writer.write(0x0a, made);
      const wanted = ScoreResponse.encode({ decision: decisionMessage(made) }).finish();
      assert.deepEqual(writer.out.take(), Buffer.from(wanted));
    }),
    { numRuns: 1000 },
  );
});

test('a message longer than the buffer is written whole', () => {
  const writer = new DecisionWriter();
  const long = 'é'.repeat(100_000);
  const { out } = writer;
  const frame = out.beginFrame();
  out.text(0x0a, long);
  out.raw(0x12, Buffer.from(long));
  out.endFrame(frame);
  const bytes = out.take();
  assert.equal(bytes.readUInt32BE(1), bytes.length - 5);
  assert.equal(bytes.subarray(9, 9 + 200_000).toString(), long);
  assert.equal(bytes.subarray(-200_000).toString(), long);
});
