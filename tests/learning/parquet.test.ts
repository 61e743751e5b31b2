import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { CsvEncoder } from '../../src/learning/csv.ts';
import type { ExportRow } from '../../src/learning/export.ts';
import { ParquetEncoder } from '../../src/learning/parquet.ts';
import type { RowEncoder } from '../../src/learning/row-encoder.ts';
import type { SaidColumn } from '../../src/learning/said-columns.ts';

const FEATURES = ['orders', 'paid'];
const LABELS = ['buys', 'leaves'];
const GROUP_ROWS = 7;

const encode = (encoder: RowEncoder, rows: readonly ExportRow[]): Buffer => {
  const pieces = rows.map((row) => encoder.add(row)).filter((piece) => piece !== undefined);
  return Buffer.concat([...pieces, encoder.end()].map((piece) => Buffer.from(piece as string)));
};
const parquetOf = (rows: readonly ExportRow[], said: readonly SaidColumn[] = []): ArrayBuffer => {
  const bytes = encode(new ParquetEncoder(said, FEATURES, LABELS, GROUP_ROWS), rows);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
};

const label = fc.constantFrom<0 | 1 | undefined>(0, 1, undefined);
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, 1, 0.1 + 0.2, 5e-324, 2 ** 60, -0.07),
);
const anyRow = fc.record({
  customerId: fc.string({ unit: 'binary', minLength: 1, maxLength: 9 }).filter((id) => id.isWellFormed()),
  atMs: fc.integer({ min: 0, max: Date.UTC(2099, 0, 1) }),
  said: fc.constant([]),
  features: fc.tuple(number, number).map((values) => Float64Array.from(values)),
  labels: fc.tuple(label, label),
});

test('a reader that is not the writer finds every row, number for number, in groups', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRow, { maxLength: 40 }), async (rows) => {
      const file = parquetOf(rows);
      const { row_groups: groups, num_rows: count } = parquetMetadata(file);
      assert.equal(count, BigInt(rows.length));
      assert.equal(groups.length, Math.ceil(rows.length / GROUP_ROWS));
      const found = await parquetReadObjects({ file });
      assert.deepEqual(
        found.map(({ customerId, at, orders, paid, buys, leaves }) => ({
          customerId,
          atMs: (at as Date).getTime(),
          // JSON and CSV have no -0 either.
          features: [orders + 0, paid + 0],
          labels: [buys ?? undefined, leaves ?? undefined],
        })),
        rows.map(({ features, said: _, ...row }) => ({ ...row, features: Array.from(features, (value) => value + 0) })),
      );
    }),
    { numRuns: 60 },
  );
});

test('columns have the types that the documentation names', () => {
  const { schema } = parquetMetadata(
    parquetOf(
      [{ customerId: 'a', atMs: 5, said: ['hold', 0.5], features: Float64Array.of(1, 2), labels: [1, 0] }],
      [
        { name: 'actionId', isNumber: false },
        { name: 'weight', isNumber: true },
      ],
    ),
  );
  const types = schema.slice(1).map((column) => [column.name, column.type, column.repetition_type]);
  assert.deepEqual(types, [
    ['customerId', 'BYTE_ARRAY', 'REQUIRED'],
    ['at', 'INT64', 'REQUIRED'],
    ['actionId', 'BYTE_ARRAY', 'OPTIONAL'],
    ['weight', 'DOUBLE', 'OPTIONAL'],
    ['orders', 'DOUBLE', 'REQUIRED'],
    ['paid', 'DOUBLE', 'REQUIRED'],
    ['buys', 'INT32', 'OPTIONAL'],
    ['leaves', 'INT32', 'OPTIONAL'],
  ]);
  assert.equal(schema[1].converted_type, 'UTF8');
  assert.equal(schema[2].converted_type, 'TIMESTAMP_MILLIS');
});

test('pieces are given as they fill, and no row is held back or given twice', () => {
  const row = (i: number): ExportRow => ({
    customerId: `c${i}`,
    atMs: i,
    said: [],
    features: Float64Array.of(i, i),
    labels: [1, 0],
  });
  const parquet = new ParquetEncoder([], FEATURES, LABELS, GROUP_ROWS);
  const given = Array.from({ length: 20 }, (_, i) => parquet.add(row(i)) !== undefined);
  assert.deepEqual(
    given.flatMap((isGiven, i) => (isGiven ? [i] : [])),
    [6, 13],
  );
  const csv = new CsvEncoder([], FEATURES, LABELS);
  const rows = Array.from({ length: 30_000 }, (_, i) => row(i));
  const text = encode(csv, rows).toString();
  assert.equal(text.split('\n').length, rows.length + 2);
  assert.equal(text.split('\n')[rows.length], 'c29999,1970-01-01T00:00:29.999Z,29999,29999,1,0');
});
