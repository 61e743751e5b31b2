import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SHOP_FEATURES, SHOP_FOLDER } from '../support/bundles.ts';
import { packFolder } from '../support/pack-folder.ts';
import { runCommand } from './run-command.ts';

const count = (name: string) => ({ name, kind: 'count', event: 'order.placed', unit: 'orders' });
const FEATURES = [...SHOP_FEATURES].map(count);
const inputs = (
  JSON.parse(readFileSync(join(SHOP_FOLDER, 'linear', '1', 'manifest.json'), 'utf8')).input.features as {
    name: string;
  }[]
).map(({ name }) => name);

/** A pack, with the bundle of a head where told. */
const packOf = (features: readonly Record<string, unknown>[], heads: readonly string[], more: object = {}): string => {
  const folder = packFolder({ features, ...more });
  for (const head of heads) cpSync(join(SHOP_FOLDER, head), join(folder, head), { recursive: true });
  return folder;
};

const diff = async (pack: string, other: string) => {
  const { code, stdout, stderr } = await runCommand(['check', '--pack', pack, '--diff', other]);
  assert.equal(stderr, '');
  return { code, lines: stdout.split('\n').slice(1, -1) };
};

const before = packOf(FEATURES, ['linear']);

test('a pack that can take the place of another: each difference a line, exit code 0', async () => {
  const after = packOf([...FEATURES, { ...count('seen'), event: 'product.viewed' }], ['linear', 'trees'], {
    segments: { worth: [{ is: 'high', when: { seen: { min: 1 } } }] },
  });
  const { code, lines } = await diff(before, after);
  assert.deepEqual(lines, [
    `    from shop 1 to shop 1 (${after})`,
    '+   feature seen: count, +1 word of a row',
    '=   5 features mean the same',
    lines[3],
    '+   segment worth',
    '+   head trees: version 1',
  ]);
  assert.match(lines[3], /^~ {3}row: \d+ → \d+ bytes a customer$/);
  assert.equal(code, 0);
  assert.equal((await diff(before, before)).code, 0);
});

test('a head whose inputs would be missing, a segment of nothing and another name: each is said, exit code 1', async () => {
  const [gone] = inputs;
  const kept = FEATURES.filter(({ name }) => name !== gone);
  const segments = { worth: [{ is: 'high', when: { [gone]: { min: 1 } } }] };
  const other = packOf(kept, ['linear'], { name: 'bank', segments });
  const without = await diff(before, packOf(kept, []));
  assert.deepEqual(without.lines.slice(-2), [
    without.lines.at(-2),
    `--  head linear 1: the feature ${gone} would be missing`,
  ]);
  assert.match(without.lines.at(-2) as string, /^- {3}head linear: no bundle in /);
  assert.equal(without.code, 1);
  const { code, lines } = await diff(before, other);
  assert.equal(code, 1);
  assert.deepEqual(
    lines.filter((line) => line.startsWith('-')).map((line) => line.slice(0, 24)),
    [
      `-   feature ${gone}: count`.slice(0, 24),
      '--  head linear 1: Model bundle',
      '--  segments.yaml: segmen',
      '--  a data directory of t',
    ].map((line) => line.slice(0, 24)),
  );
});

test('a pack that cannot be read is refused as check refuses it', async () => {
  const wrong = packFolder({ features: [{ ...count('orders'), event: 'order.place' }] });
  const { code, stderr } = await runCommand(['check', '--pack', before, '--diff', wrong]);
  assert.deepEqual([code, /^beckon: PACK_INVALID: .*did you mean/.test(stderr)], [1, true]);
});
