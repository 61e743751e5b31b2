import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { batchMessage } from '../../src/serving/grpc/batch-message.ts';
import { ColumnType, ScoreBatchRequest } from '../../src/serving/grpc/generated/beckon/v1/scoring.ts';
import { strictReader } from '../../src/serving/grpc/strict-messages.ts';

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constant('x'.repeat(300)),
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const seldom = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const request: fc.Arbitrary<ScoreBatchRequest> = fc.record({
  customerIds: fc.array(text, { maxLength: 8 }),
  campaignId: maybe(text),
  context: maybe(fc.dictionary(text, fc.oneof(fc.boolean(), text))),
  channels: fc.array(text, { maxLength: 2 }),
  actions: fc.array(text, { maxLength: 2 }),
  limit: maybe(fc.integer({ min: -1, max: 9 })),
  at: maybe(text),
  columns: maybe(fc.constantFrom(ColumnType.UNSPECIFIED, ColumnType.F32, ColumnType.U16, 7 as ColumnType)),
});
const bytesOf = (asked: ScoreBatchRequest): Buffer => Buffer.from(ScoreBatchRequest.encode(asked).finish());

/** What the generated code reads, or that it reads nothing. */
const expected = (bytes: Buffer): ScoreBatchRequest | undefined => {
  try {
    return ScoreBatchRequest.decode(strictReader(bytes));
  } catch {
    return undefined;
  }
};

/** The same with the texts of customers who are bytes. */
const found = (bytes: Buffer): ScoreBatchRequest | undefined => {
  try {
    const { customers, ...asked } = batchMessage(bytes);
    if (customers === undefined) return asked;
    const { bounds, count, doubtful } = customers;
    const ids = Array.from({ length: count }, (_, i) => bytes.toString('utf8', bounds[2 * i], bounds[2 * i + 1]));
    for (const id of ids.slice(0, doubtful)) assert.match(id, /^[ -~]{1,256}$/);
    if (doubtful < count) assert.doesNotMatch(ids[doubtful], /^[ -~]{1,256}$/);
    return { ...asked, customerIds: ids };
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return undefined;
  }
};

test('a batch is read as the generated code reads it, wherever its fields stand and whatever is broken', () => {
  let broken = 0;
  let byColumns = 0;
  fc.assert(
    fc.property(
      fc.array(request, { minLength: 1, maxLength: 3 }),
      seldom(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))),
      seldom(fc.nat()),
      (parts, change, end) => {
        // Messages one after another are one message, whose fields come in any order and more than once.
        let bytes = Buffer.concat(parts.map(bytesOf));
        if (change !== undefined && bytes.length > 0) bytes[change[0] % bytes.length] = change[1];
        if (end !== undefined) bytes = bytes.subarray(0, end % (bytes.length + 1));
        const wanted = expected(bytes);
        const got = found(bytes);
        // Where the message within says that it is longer than it is, the generated code reads on behind it.
        if (change !== undefined && (wanted?.context ?? got?.context) !== undefined) return;
        assert.deepEqual(got, wanted);
        broken += Number(wanted === undefined);
        byColumns += Number((wanted?.columns ?? 0) !== 0);
      },
    ),
    { numRuns: 3000 },
  );
  assert.ok(broken > 100 && byColumns > 500, `${broken} broken, ${byColumns} by columns`);
});
