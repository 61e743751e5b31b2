import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LIMITS } from '../../src/base/limits.ts';
import { CATALOGUE } from '../../src/events/catalogue.ts';
import { EventScanner } from '../../src/events/event-scanner.ts';
import { RecordWriter } from '../../src/events/record.ts';
import { isProblem, readEvent } from '../../src/events/validate.ts';

type Schema = Readonly<Record<string, unknown>>;
type Fields = readonly (readonly [string, unknown])[];

const mostly = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: rare });
const words = mostly(
  fc.constantFrom('a', 'C-1', 'wecom', 'sms', 'answered_refused', 'x'.repeat(90)),
  fc.oneof(
    fc.constantFrom('*', '', '茶', '😀 tea', 'é'.repeat(130), 'x'.repeat(257)),
    fc.string({ unit: 'grapheme', maxLength: 100 }),
  ),
);
const times = mostly(
  fc.constantFrom('2024-03-05T10:11:12Z', '2024-02-29T23:59:59.345Z', '1970-01-02T00:00:00Z'),
  fc.constantFrom(
    ...['2024-02-30T00:00:00Z', '2024-03-05T10:11:12+08:00', '1969-12-31T23:59:59Z', '2100-01-01T00:00:00Z'],
    ...['2024-03-05', '2024-03-05T10:11:12.1Z', '2024-03-05T24:00:00Z'],
  ),
);
const numbers = mostly(
  fc.oneof(
    fc.constantFrom(0, 1, 255, 256, 59.9, 0.07, 1e12),
    fc.integer({ min: 0, max: 100_000 }).map((n) => n / 100),
  ),
  fc.oneof(
    fc.constantFrom(-0, -1, 1e12 + 1, 1e21, 1e-7, 5e-324, 123456789012345.6, 2 ** 53),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
  ),
);
const anything: fc.Arbitrary<unknown> = fc.oneof(
  words,
  times,
  numbers,
  fc.boolean(),
  fc.constant(null),
  fc.constant({}),
  fc.constant([]),
);

/** A value that mostly fits a schema. */
const fitting = (schema: Schema): fc.Arbitrary<unknown> => {
  const fits = (): fc.Arbitrary<unknown> => {
    if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as unknown[]));
    if (schema.type === 'number') return numbers;
    if (schema.type === 'boolean') return fc.boolean();
    if (schema.type === 'array') return fc.array(fitting(schema.items as Schema), { maxLength: 4 });
    if (schema.type === 'object') return fieldsOf(schema).map((fields) => new Written(fields));
    return schema.format === 'date-time' ? times : words;
  };
  return mostly(fits(), anything);
};

/** An object as text: names may come twice, in any order. */
class Written {
  readonly fields: Fields;
  constructor(fields: Fields) {
    this.fields = fields;
  }
}

const fieldsOf = (schema: Schema): fc.Arbitrary<Fields> => {
  const required = new Set((schema.required as readonly string[] | undefined) ?? []);
  const known = Object.entries((schema.properties ?? {}) as Record<string, Schema>).map(([name, part]) =>
    fc.tuple(fitting(part), fc.integer({ min: 0, max: 99 })).map(([value, chance]): Fields => {
      if (chance < (required.has(name) ? 2 : 50)) return [];
      return chance === 99
        ? [
            [name, value],
            [name, value],
          ]
        : [[name, value]];
    }),
  );
  const stranger = fc.tuple(
    fc.constantFrom('', 'note', '__proto__', 'sku', 'amount', 'lines'),
    anything,
    fc.integer({ max: 30, min: 0 }),
  );
  return fc.tuple(fc.tuple(...known), stranger, fc.boolean()).chain(([parts, [name, value, chance], isShuffled]) => {
    const fields = [...parts.flat(), ...(chance === 0 ? [[name, value] as const] : [])];
    return isShuffled ? fc.shuffledSubarray(fields, { minLength: fields.length }) : fc.constant(fields);
  });
};

const textOf = (value: unknown, space: string): string => {
  if (value instanceof Written)
    return `{${space}${value.fields.map(([name, part]) => `${JSON.stringify(name)}${space}:${textOf(part, space)}`).join(`${space},${space}`)}}`;
  if (Array.isArray(value)) return `[${value.map((part) => textOf(part, space)).join(`${space},`)}${space}]`;
  return JSON.stringify(value);
};

const anyEvent: fc.Arbitrary<string> = fc.constantFrom(...CATALOGUE).chain(({ type, schema }) => {
  const rarely = <T>(usual: T, ...others: unknown[]) =>
    fc.oneof(
      { weight: 20, arbitrary: fc.constant<unknown>(usual) },
      { weight: 1, arbitrary: fc.constantFrom(...others) },
    );
  return fc
    .tuple(
      fc.tuple(
        rarely('1.0', '0.3', 1),
        rarely(type, 'order.place', 'order.placed'),
        rarely('/shop', 'not a uri', ''),
        fc.oneof(fc.constant('id-1'), words),
        fc.oneof(fc.constant('C1'), words),
        fc.oneof(times, fc.constant(undefined)),
        rarely(undefined, 'application/json', 'text/plain'),
      ),
      fieldsOf(schema as unknown as Schema),
      fc.constantFrom('', '', ' ', '\n\t'),
      mostly(fc.constant(false), fc.constant(true)),
    )
    .map(([[specversion, name, source, id, subject, time, datacontenttype], data, space, isDataFirst]) => {
      const attributes = Object.entries({ specversion, type: name, source, id, subject, time, datacontenttype });
      const fields: (readonly [string, unknown])[] = attributes.filter(([, value]) => value !== undefined);
      fields.splice(isDataFirst ? 0 : fields.length, 0, ['data', new Written(data)]);
      return textOf(new Written(fields), space);
    });
});

const records = new RecordWriter();
const scanner = new EventScanner();

/** The record that the scanner writes; undefined where it leaves the event to others. */
const scanned = (text: string): string | undefined => {
  records.reset();
  return scanner.one(Buffer.from(text), records) ? Buffer.from(records.bytes()).toString('hex') : undefined;
};

/** The record of the event as it is read and checked field by field; undefined where it is refused. */
const read = (text: string): string | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const event = readEvent(value);
  if (isProblem(event)) return undefined;
  const writer = new RecordWriter();
  writer.write(event);
  return Buffer.from(writer.bytes()).toString('hex');
};

test('what the scanner takes is what reading takes, byte for byte', () => {
  let taken = 0;
  fc.assert(
    fc.property(anyEvent, (text) => {
      const record = scanned(text);
      if (record === undefined) return;
      taken++;
      assert.equal(record, read(text), text);
    }),
    { numRuns: 4000 },
  );
  assert.ok(taken > 400, `only ${taken} of 4000 were taken`);
});

const ORDER =
  '{"specversion":"1.0","type":"order.placed","source":"/shop","id":"o-1","subject":"C1","time":"2024-03-05T10:11:12.5Z",' +
  '"data":{"orderId":"1","amount":59.90,"lines":[{"sku":"茶-1","quantity":2,"category":"茶"},{"sku":"B","quantity":0.5}]}}';

test('no change of a byte makes the scanner take what reading refuses or reads otherwise', () => {
  const order = Buffer.from(ORDER.replace('12.5Z', '12.500Z').replace('茶-1', 'A'));
  assert.ok(scanned(order.toString()) !== undefined);
  fc.assert(
    fc.property(fc.nat(order.length - 1), fc.nat(255), fc.nat(3), (at, byte, kind) => {
      const put = kind === 0 ? [] : kind === 1 ? [byte, order[at]] : [byte];
      const bytes = Buffer.concat([order.subarray(0, at), Buffer.from(put), order.subarray(at + 1)]);
      records.reset();
      if (!scanner.one(bytes, records)) return;
      // Bytes that are no UTF-8 would become other bytes in a text.
      assert.ok(Buffer.from(bytes.toString()).equals(bytes));
      assert.equal(Buffer.from(records.bytes()).toString('hex'), read(bytes.toString()), bytes.toString());
    }),
    { numRuns: 20_000 },
  );
});

test('events of every type that needs no more than its schema are plain', () => {
  const value = (name: string, schema: Schema): unknown => {
    if (Array.isArray(schema.enum)) return schema.enum[0];
    if (schema.type === 'number') return Math.min(1, schema.maximum as number);
    if (schema.type === 'boolean') return true;
    if (schema.type === 'array' && name === 'lines') return [{ sku: 'A', quantity: 1 }];
    if (schema.format === 'date-time') return '2024-03-05T10:11:12Z';
    return 'x';
  };
  const notPlain = CATALOGUE.filter(({ type, schema, madeByBeckon }) => {
    if (madeByBeckon) return false;
    const properties = Object.entries(schema.properties as unknown as Record<string, Schema>);
    const data = Object.fromEntries(properties.map(([name, part]) => [name, value(name, part)]));
    return (
      scanned(JSON.stringify({ specversion: '1.0', type, source: '/s', id: '1', subject: 'C', data })) === undefined
    );
  });
  assert.deepEqual(
    notPlain.map(({ type }) => type),
    ['profile.updated', 'item.changed', 'staff.changed'],
  );
});

test('what only Beckon makes is left to be refused', () => {
  for (const { type, madeByBeckon } of CATALOGUE)
    if (madeByBeckon)
      assert.equal(
        scanned(JSON.stringify({ specversion: '1.0', type, source: '/s', id: '1', subject: 'C', data: {} })),
        undefined,
      );
});

test('a batch is taken whole or not at all', () => {
  const event = (id: number, amount = '1') =>
    `{"specversion":"1.0","type":"order.refunded","source":"/s","id":"${id}","subject":"C","data":{"orderId":"1","amount":${amount}}}`;
  const batch = (text: string): number => scanner.batch(Buffer.from(text), records);
  records.reset();
  assert.equal(batch(` [ ${event(1)} , ${event(2)} ] \n`), 2);
  const before = Buffer.from(records.bytes()).toString('hex');
  for (const text of [
    '[]',
    '',
    '[',
    `[${event(3)}`,
    `[${event(3)},]`,
    `[${event(3)}]x`,
    `${event(3)}`,
    `[${event(3)},${event(4, '-1')}]`,
  ])
    assert.equal(batch(text), 0, text);
  const many = Array.from({ length: LIMITS.eventsPerRequestMax + 1 }, (_, i) => event(i));
  assert.equal(batch(`[${many.join(',')}]`), 0);
  assert.deepEqual([Buffer.from(records.bytes()).toString('hex'), records.count], [before, 2]);
  assert.equal(batch(`[${many.slice(1).join(',')}]`), LIMITS.eventsPerRequestMax);
});

test('data of more bytes than an event may have is left to be refused', () => {
  const lines = Array.from({ length: LIMITS.linesPerOrderMax }, () => ({ sku: 'x'.repeat(200), quantity: 1 }));
  const large = ORDER.replace(/\[\{.*\}\]/, JSON.stringify(lines)).replace('12.5Z', '12Z');
  assert.deepEqual([scanned(large), read(large)], [undefined, undefined]);
});
