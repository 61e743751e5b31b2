import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CloudEvent, HTTP, type Message } from 'cloudevents';
import fc from 'fast-check';
import { type EventItem, isRejected, readRequest, toCloudEvent } from '../../src/events/codec.ts';
import { isProblem, readEvent } from '../../src/events/validate.ts';
import { cloudEvent } from '../support/cloud-event.ts';

/** The `cloudevents` SDK is the oracle: what it writes we read, and what it refuses we refuse. */

const printable = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((unit) => String.fromCharCode(unit)),
  minLength: 1,
  maxLength: 40,
});
/** The SDK does not percent-encode header values, as the HTTP binding asks: only these pass through unchanged. */
const plainId = printable.filter((text) => !/["%\\]/.test(text));
const plainSource = fc.webUrl().filter((url) => !url.includes('%'));
const unicodeId = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => !/[\p{Cc}\p{Cs}]/u.test(text));
const attributes = (id: fc.Arbitrary<string>, source = fc.webUrl()) =>
  fc.record({
    type: fc.constant('order.placed'),
    source,
    id,
    subject: id,
    time: fc
      .date({ min: new Date('1970-01-02'), max: new Date('2099-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    data: fc.record({ orderId: fc.uuid(), amount: fc.nat(), note: fc.string() }, { noNullPrototype: true }),
    traceparent: plainId,
  });

const request = ({ headers, body }: Message): EventItem[] => {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
  return readRequest(lower['content-type'], lower, Buffer.from(body as string));
};

const assertSame = (item: EventItem, sent: CloudEvent<unknown>): void => {
  assert.ok(!isRejected(item), JSON.stringify(item));
  const { type, source, id, subject, data } = sent;
  assert.deepEqual(
    { type: item.type, source: item.source, id: item.id, subject: item.subject, data: item.data, timeMs: item.timeMs },
    { type, source, id, subject, data, timeMs: Date.parse(sent.time as string) },
  );
  assert.equal(item.extensions?.traceparent, sent.traceparent);
};

test('structured events of the SDK are read with the same fields', () => {
  fc.assert(
    fc.property(attributes(unicodeId), (fields) => {
      const sent = new CloudEvent(fields);
      const [item] = request(HTTP.structured(sent));
      assertSame(item, sent);
    }),
  );
});

test('binary events of the SDK are read with the same fields', () => {
  fc.assert(
    fc.property(attributes(plainId, plainSource), (fields) => {
      const sent = new CloudEvent(fields);
      const [item] = request(HTTP.binary(sent));
      assertSame(item, sent);
    }),
  );
});

test('a batch of the SDK is read with the same fields', () => {
  fc.assert(
    fc.property(fc.array(attributes(unicodeId), { maxLength: 20 }), (list) => {
      const sent = list.map((fields) => new CloudEvent(fields));
      const message = { headers: { 'Content-Type': 'application/cloudevents-batch+json' }, body: JSON.stringify(sent) };
      const items = request(message);
      assert.equal(items.length, sent.length);
      for (const [i, item] of items.entries()) assertSame(item, sent[i]);
    }),
  );
});

test('the SDK reads what we write', () => {
  fc.assert(
    fc.property(attributes(unicodeId), (fields) => {
      const event = readEvent({ specversion: '1.0', ...fields });
      assert.ok(!isProblem(event), JSON.stringify(event));
      const headers = { 'content-type': 'application/cloudevents+json' };
      const read = HTTP.toEvent({ headers, body: JSON.stringify(toCloudEvent(event)) }) as CloudEvent<unknown>;
      assert.ok(read.validate());
      assertSame(event, read);
    }),
  );
});

/** Whether the SDK, asked to be strict, refuses these attributes. It fills in an absent id, so it is not asked there. */
const sdkRefuses = (value: Record<string, unknown>): boolean => {
  try {
    return new CloudEvent(value as never).validate() !== true;
  } catch {
    return true;
  }
};

test('what the SDK refuses of required attributes we refuse', () => {
  const odd = fc.oneof(
    fc.constantFrom(undefined, null, '', 0, 7, true),
    fc.constant({}),
    fc.constant([]),
    printable,
    fc.string(),
  );
  fc.assert(
    fc.property(fc.constantFrom('type', 'source', 'specversion'), odd, (name, value) => {
      const fields = cloudEvent({ [name]: value });
      // Absent and falsy attributes are filled in by the SDK before it looks.
      if (name === 'specversion' && !value) return;
      if (sdkRefuses(fields)) assert.ok(isProblem(readEvent(fields)), `${name}: ${JSON.stringify(value)}`);
    }),
    { numRuns: 1000 },
  );
});

test('the SDK was asked: it does refuse sources that are no URI-reference', () => {
  for (const source of ['a b', '<shop>', 'http://[::1', '']) {
    assert.ok(sdkRefuses(cloudEvent({ source })), source);
    assert.ok(isProblem(readEvent(cloudEvent({ source }))), source);
  }
});
