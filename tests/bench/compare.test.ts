import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { compare, readBaseline } from '../../bench/compare.ts';
import { tempFolder } from '../support/temp-folder.ts';

const run = (ratios: Readonly<Record<string, number>>) => ({
  results: Object.entries(ratios).map(([name, ratio]) => ({
    name,
    ratio,
    ratioRange: [ratio * 0.99, ratio * 1.01] as const,
  })),
});

test('a ratio may fall by a tenth, rise, come and go', () => {
  const before = run({ a: 0.5, b: 0.5, c: 0.5, gone: 0.5 });
  const { regressions, text } = compare(run({ a: 0.46, b: 0.44, c: 0.9, fresh: 0.1 }), before);
  assert.equal(regressions.length, 1);
  assert.match(regressions[0], /^b: 0\.44 against 0\.50, -12 %; .* do not overlap/);
  assert.match(text, /fresh: 0\.10, not in the baseline/);
});

test('whatever the ratio, a fall of more than a tenth is told and a smaller one is not', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 5, noNaN: true }),
      fc.double({ min: 0.2, max: 1.5, noNaN: true }),
      (old, part) => {
        fc.pre(Math.abs(part - 0.9) > 1e-9);
        assert.equal(compare(run({ a: old * part }), run({ a: old })).regressions.length, Number(part < 0.9));
      },
    ),
  );
});

test('memory a customer is held as well', () => {
  const withBytes = (residentBytes: number) => ({
    results: [],
    sizes: [{ customers: 1000, allowedBytes: 1000, residentBytes }],
  });
  assert.deepEqual(compare(withBytes(1050), withBytes(1000)).regressions, []);
  assert.match(
    compare(withBytes(1200), withBytes(1000)).regressions[0],
    /^memory of 1000 customers: 0\.83 against 1\.00/,
  );
});

test('a file that holds no figures is refused by its name', (t) => {
  const path = join(tempFolder(t), 'other.json');
  writeFileSync(path, '{"rows":[]}');
  assert.throws(() => readBaseline(path), /other\.json holds no figures/);
});
