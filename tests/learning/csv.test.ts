import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CsvEncoder } from '../../src/learning/csv.ts';
import type { ExportRow } from '../../src/learning/export.ts';

const AT_MS = Date.UTC(2024, 0, 1);

const csvOf = (
  said: readonly string[],
  features: number,
  labels: readonly string[],
  rows: readonly ExportRow[],
): string => {
  const names = Array.from({ length: features }, (_, i) => `f${i}`);
  const csv = new CsvEncoder(
    said.map((name) => ({ name, isNumber: false })),
    names,
    labels,
  );
  const pieces = rows.flatMap((row) => csv.add(row) ?? []);
  return Buffer.concat([...pieces, csv.end()]).toString();
};

test('CSV: numbers read back as the same floats, ids as the same text, what is not known is empty', () => {
  const features = Float64Array.of(0.1 + 0.2, 1e-7, 123_456_789.123, -0, 2 ** 60);
  const row = { customerId: 'a,"ä"\n', atMs: AT_MS + 5, said: ['a,b', undefined, 0.25], features };
  const next = Float64Array.of(0.1 + 0.2, 0, 123_456_789.123, 5, 2 ** 60);
  const text = csvOf(
    ['x', 'y', 'z'],
    5,
    ['l', 'm', 'n'],
    [
      { ...row, labels: [1, 0, undefined] },
      { customerId: 'b', atMs: AT_MS + 86_400_000, said: ['', '', ''], features: next, labels: [undefined, 1, 0] },
    ],
  );
  const expected = [
    'customerId,at,x,y,z,f0,f1,f2,f3,f4,l,m,n',
    '"a,""ä""\n",2024-01-01T00:00:00.005Z,"a,b",,0.25,0.30000000000000004,1e-7,123456789.123,0,1152921504606847000,1,0,',
    'b,2024-01-02T00:00:00.000Z,,,,0.30000000000000004,0,123456789.123,5,1152921504606847000,,1,0',
  ];
  assert.equal(text, `${expected.join('\n')}\n`);
});

test('CSV: every number is written as JavaScript writes it', () => {
  const money = fc.integer({ min: -1_000_000, max: 2 ** 31 }).map((cents) => cents / 100);
  const count = fc.integer({ min: -5, max: 2 ** 33 });
  const any = fc.double({ noNaN: true, noDefaultInfinity: true });
  const thousandths = fc.integer({ min: 0, max: 2 ** 31 }).map((n) => n / 1000);
  fc.assert(
    fc.property(fc.array(fc.oneof(money, count, any, thousandths), { minLength: 1, maxLength: 20 }), (numbers) => {
      const rows = numbers.map((value) => ({
        customerId: 'a',
        atMs: 0,
        said: [],
        features: Float64Array.of(value),
        labels: [],
      }));
      const lines = csvOf([], 1, [], rows).trimEnd().split('\n').slice(1);
      assert.deepEqual(
        lines.map((line) => line.split(',')[2]),
        numbers.map((value) => `${value}`),
      );
    }),
  );
});
