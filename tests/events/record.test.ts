import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BeckonError } from '../../src/base/errors.ts';
import { CATALOGUE, EVENT_TYPES } from '../../src/events/catalogue.ts';
import type { Event } from '../../src/events/event.ts';
import { FIELD_NAMES } from '../../src/events/field-names.ts';
import { EventValues, type FieldValues } from '../../src/events/field-values.ts';
import { RecordReader, RecordWriter } from '../../src/events/record.ts';

const text = (maxLength: number) => fc.string({ unit: 'grapheme', minLength: 1, maxLength });
const anyEvent: fc.Arbitrary<Event> = fc.record({
  type: fc.constantFrom(...EVENT_TYPES),
  source: text(30),
  id: text(30),
  subject: text(80),
  timeMs: fc.oneof(fc.constant(Number.NaN), fc.integer({ min: 86_400_000, max: 4_102_444_799_999 })),
  data: fc.dictionary(
    text(10).filter((key) => key !== '__proto__'),
    fc
      .jsonValue()
      .map((value) => JSON.stringify(value))
      // The check of events refuses the key at any depth.
      .filter((json) => !json.includes('__proto__'))
      .map((json) => JSON.parse(json)),
  ),
  extensions: fc.option(
    fc.dictionary(fc.stringMatching(/^[a-z0-9]+$/), fc.oneof(fc.string(), fc.integer(), fc.boolean()), {
      minKeys: 1,
      noNullPrototype: true,
    }),
    {
      nil: undefined,
    },
  ),
});

const order: Event = {
  type: 'order.placed',
  source: '/shop',
  id: 'order-1',
  subject: '客-1',
  timeMs: 1_709_633_472_000,
  data: { orderId: '1', amount: 59.9 },
  extensions: undefined,
};

const written = (...events: Event[]): Uint8Array => {
  const writer = new RecordWriter();
  for (const event of events) writer.write(event);
  assert.equal(writer.count, events.length);
  return writer.bytes();
};

const plain = (event: Event): unknown => ({ ...event, data: { ...event.data } });
const codeOf = (bytes: Uint8Array, use: (reader: RecordReader) => unknown = () => undefined): string => {
  const reader = new RecordReader(bytes);
  try {
    while (reader.next()) use(reader);
  } catch (error) {
    if (error instanceof BeckonError) return error.code;
    throw error;
  }
  return 'read';
};

test('events come back as they were written', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
      const reader = new RecordReader(written(...events));
      for (const event of events) {
        assert.ok(reader.next());
        assert.deepEqual(plain(reader.event()), plain(event));
      }
      assert.equal(reader.next(), false);
      assert.equal(reader.next(), false);
    }),
  );
});

test('the byte ranges are those of the subject, the source and the id', () => {
  const bytes = written(order, { ...order, subject: 'C2', timeMs: Number.NaN });
  const reader = new RecordReader(bytes);
  const range = (start: number, end: number) => Buffer.from(bytes.subarray(start, end)).toString();
  assert.ok(reader.next());
  assert.equal(range(reader.subjectStart, reader.subjectEnd), '客-1');
  assert.equal(range(reader.subjectEnd, reader.sourceEnd), '/shop');
  assert.equal(range(reader.sourceEnd, reader.idEnd), 'order-1');
  assert.deepEqual([reader.subject(), reader.source(), reader.id()], ['客-1', '/shop', 'order-1']);
  assert.equal(reader.timeMs, 1_709_633_472_000);
  assert.equal(reader.typeCode, 1);
  const copy = bytes.slice(reader.recordStart, reader.recordEnd);
  assert.ok(reader.next());
  assert.equal(reader.subject(), 'C2');
  assert.ok(Number.isNaN(reader.timeMs));
  const alone = new RecordReader(copy);
  assert.ok(alone.next());
  assert.deepEqual(alone.event(), order);
});

test('bytes in the middle of a larger buffer are read in place', () => {
  const bytes = written(order);
  const larger = new Uint8Array(bytes.length + 7);
  larger.set(bytes, 3);
  const reader = new RecordReader(larger.subarray(3, 3 + bytes.length));
  assert.ok(reader.next());
  assert.deepEqual(reader.event(), order);
});

test('a writer grows as needed and starts anew after reset', () => {
  const writer = new RecordWriter();
  const large: Event = { ...order, data: { note: '店'.repeat(200_000) } };
  writer.write(order);
  writer.write(large);
  const reader = new RecordReader(writer.bytes());
  assert.ok(reader.next() && reader.next());
  assert.deepEqual(reader.event(), large);
  writer.reset();
  assert.deepEqual([writer.count, writer.bytes().length], [0, 0]);
  writer.write(order);
  assert.deepEqual(Buffer.from(writer.bytes()), Buffer.from(written(order)));
});

/** Written down, as all bytes below: a log of this version must be readable by all later ones. */
const HEADER_OF_ORDER = '0100' + '00006088e1e07842' + '0500' + '0500' + '0700' + '0000' + '00000000';

test('the same event is the same bytes', () => {
  const data = { orderId: '1', amount: 59.9, lines: [{ sku: 'A', quantity: 2 }], own: { gift: true, ref: 1e300 } };
  assert.equal(
    Buffer.from(written({ ...order, data })).toString('hex'),
    '6a000000' +
      `0301${HEADER_OF_ORDER}39000000${Buffer.from('客-1/shoporder-1').toString('hex')}` +
      '00070131' +
      '010566170000' +
      '060a010000000b07070141080302fe' +
      'ff07036f776e0bff070467696674' +
      '02ff070372656606' +
      '9c7500883ce4377efe' +
      'fe',
  );
});

test('what the first versions wrote, the data as JSON, is still read', () => {
  const text = '客-1/shoporder-1{"orderId":"1","amount":59.9}';
  const bytes = Buffer.from(`4e0000000101${HEADER_OF_ORDER}1d000000${Buffer.from(text).toString('hex')}`, 'hex');
  const reader = new RecordReader(bytes);
  assert.ok(reader.next());
  assert.deepEqual(plain(reader.event()), order);
  assert.equal(
    codeOf(
      Uint8Array.from(bytes, (byte, i) => (i === bytes.length - 1 ? 0 : byte)),
      (it) => it.data(),
    ),
    'LOG_DAMAGED',
  );
});

test('numbers and texts of every length and kind come back, -0 as 0', () => {
  const texts = [0, 1, 24, 25, 48, 49, 85, 86, 255, 256].flatMap((n) => ['a'.repeat(n), '茶'.repeat(n)]);
  const numbers = [0, 255, 256, -1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 0.07, 1.005, -19.99, 21474836.47, 1e21, 5e-324];
  const data = { texts: [...texts, 'half \ud800', '\udc00'.repeat(90)], numbers, others: [null, true, false, [], {}] };
  const reader = new RecordReader(written({ ...order, data }, { ...order, data: { amount: -0, gone: undefined } }));
  assert.ok(reader.next());
  assert.deepEqual(reader.data(), data);
  assert.ok(reader.next());
  assert.ok(Object.is(reader.data().amount, 0));
  assert.deepEqual(Object.keys(reader.data()), ['amount']);
});

test('names keep their place in the log for ever', () => {
  assert.equal(
    FIELD_NAMES.slice(0, 12).join(' '),
    'orderId amount discount couponId storeId surface lines sku quantity price category supplyDays',
  );
  assert.equal(FIELD_NAMES[70], 'sha256');
  assert.equal(new Set(FIELD_NAMES).size, FIELD_NAMES.length);
  // 254 and 255 mean something else.
  assert.ok(FIELD_NAMES.length < 254);
});

test('fields are told as they were, those that are not wanted in no line either', () => {
  const lines = [
    { sku: 'A', quantity: 2, price: 3.5 },
    { sku: 'B', quantity: 300 },
  ];
  const data = {
    orderId: 'x'.repeat(300),
    amount: 5,
    couponId: 'c',
    surface: 'app',
    optOut: true,
    tags: ['a'],
    lines,
    note: 'c',
  };
  const wanted = new Uint8Array(256).fill(1);
  for (const name of ['orderId', 'couponId', 'quantity']) wanted[FIELD_NAMES.indexOf(name)] = 0;
  const reader = new RecordReader(written({ ...order, data }));
  assert.ok(reader.next());
  const values = reader.values(wanted);
  const told = (from: FieldValues): object =>
    Object.fromEntries(
      FIELD_NAMES.map((name, code) => [name, from.value(code)]).filter(([, value]) => value !== undefined),
    );
  assert.equal(values.lineCount, 2);
  assert.deepEqual([values.line(0), values.line(1)].map(told), [{ sku: 'A', price: 3.5 }, { sku: 'B' }]);
  assert.deepEqual(told(values), { amount: 5, surface: 'app', optOut: true, tags: ['a'], lines });
  assert.deepEqual(reader.data(), data);
});

test('what an event tells is the same from the log and from an object, and nothing is left of the event before', () => {
  const full = {
    amount: 1.25,
    surface: 'a',
    optOut: false,
    tags: ['a'],
    lines: [{ sku: 'A', quantity: 3, category: 'tea' }],
  };
  const events = [full, { amount: 7, lines: [{ sku: 'B' }, {}] }, {}, { optOut: true, surface: 'é'.repeat(99) }, full];
  const records = new RecordWriter();
  for (const data of events) records.write({ ...order, data });
  const reader = new RecordReader(records.bytes());
  const object = new EventValues();
  const seen = (from: FieldValues): unknown[] =>
    FIELD_NAMES.map((_, code) => [from.value(code), from.number(code), from.text(code), from.hash(code)]);
  for (const data of events) {
    assert.ok(reader.next());
    const values = reader.values();
    object.take(data);
    assert.equal(values.lineCount, object.lineCount);
    assert.equal(values.lineCount, data.lines?.length ?? -1);
    for (let i = 0; i < values.lineCount; i++) assert.deepEqual(seen(values.line(i)), seen(object.line(i)));
    assert.deepEqual(seen(values), seen(object));
    assert.deepEqual([values.value(1), values.data], [data.amount, data]);
  }
});

test('every type of the catalogue has its code in the log', () => {
  for (const { type, code } of CATALOGUE) {
    const reader = new RecordReader(written({ ...order, type }));
    assert.ok(reader.next());
    assert.deepEqual([reader.typeCode, reader.type()], [code, type]);
  }
});

test('a buffer that is cut anywhere inside a record is damaged, never misread', () => {
  const bytes = written(order, order);
  const half = bytes.length / 2;
  for (let length = 0; length <= bytes.length; length++) {
    const expected = length % half === 0 ? 'read' : 'LOG_DAMAGED';
    let records = 0;
    const count = () => records++;
    assert.equal(codeOf(bytes.subarray(0, length), count), expected, `cut to ${length} bytes`);
    assert.equal(records, Math.floor(length / half), `cut to ${length} bytes`);
  }
});

test('lengths that do not add up are damaged, whatever the bytes', () => {
  const bytes = written(order);
  for (const field of [0, 16, 18, 20, 24, 28]) {
    for (const value of [0, 1, 200, 255]) {
      const changed = Uint8Array.from(bytes);
      if (changed[field] === value) continue;
      changed[field] = value;
      assert.equal(codeOf(changed), 'LOG_DAMAGED', `byte ${field} = ${value}`);
    }
  }
  // Whatever stands in the data, reading ends: with what it says or as damaged.
  const dataStart = bytes.length - new RecordWriter().bytes().length;
  for (let at = 52; at < dataStart; at++)
    for (let value = 0; value < 256; value++) {
      const changed = Uint8Array.from(bytes);
      changed[at] = value;
      assert.match(
        codeOf(changed, (reader) => reader.data()),
        /^(read|LOG_DAMAGED)$/,
        `byte ${at} = ${value}`,
      );
    }
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (noise) => {
      assert.match(codeOf(noise), /^(LOG_DAMAGED|DATA_FORMAT_UNSUPPORTED)$/);
    }),
  );
});

test('data that does not end where it should is damaged; another format or code is of another version', () => {
  const bytes = written(order);
  const changed = (at: number, value: number) => Uint8Array.from(bytes, (byte, i) => (i === at ? value : byte));
  assert.equal(
    codeOf(changed(bytes.length - 1, 0), (reader) => reader.data()),
    'LOG_DAMAGED',
  );
  assert.equal(codeOf(changed(4, 4)), 'DATA_FORMAT_UNSUPPORTED');
  assert.equal(
    codeOf(changed(7, 200), (reader) => reader.event()),
    'DATA_FORMAT_UNSUPPORTED',
  );
});

test('an id that was never bounded does not reach the log, and the records before it stay whole', () => {
  const writer = new RecordWriter();
  writer.write(order);
  assert.throws(() => writer.write({ ...order, id: 'x'.repeat(70_000) }), /never checked/);
  writer.write(order);
  assert.deepEqual(Buffer.from(writer.bytes()), Buffer.from(written(order, order)));
});
