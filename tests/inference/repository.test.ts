import { strict as assert } from 'node:assert';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BeckonError } from '../../src/base/errors.ts';
import { type BundleRef, chooseBundles, listBundles, readBundle } from '../../src/inference/repository.ts';
import {
  type BundleEdit,
  editedBundle,
  SHOP_FEATURES,
  SHOP_FOLDER,
  shopBundle,
  shopRef,
  temporaryFolder,
} from '../support/bundles.ts';

const refused = (ref: BundleRef, reason: RegExp, features = SHOP_FEATURES): void =>
  assert.throws(
    () => readBundle(ref, features),
    (error) => {
      assert(error instanceof BeckonError && error.code === 'BUNDLE_REFUSED');
      assert.match(error.message, /^Model bundle shop\/linear\/1 is refused: /);
      assert.match(error.message, reason);
      return true;
    },
  );

const REFUSALS: [string, BundleEdit, RegExp][] = [
  [
    'an unknown format',
    { manifest: (m) => Object.assign(m, { formatVersion: 2 }) },
    /formatVersion 2 is unknown; .* reads 1/,
  ],
  ['a missing key', { manifest: (m) => delete (m as Partial<typeof m>).opset }, /manifest.json: opset is missing/],
  [
    'a wrong type',
    { manifest: (m) => Object.assign(m.input.features[2], { max: '9' }) },
    /input\.features\[2\]\.max must be a number, not a string/,
  ],
  [
    'an unknown key',
    { manifest: (m) => Object.assign(m, { versoin: '2' }) },
    /unknown key "versoin"; did you mean "version"\?/,
  ],
  [
    'another head',
    { manifest: (m) => Object.assign(m, { head: 'call' }) },
    /says head "call", but the folder says "linear"/,
  ],
  [
    'another version',
    { manifest: (m) => Object.assign(m, { version: '2' }) },
    /says version "2", but the folder says "1"/,
  ],
  [
    'another pack',
    { manifest: (m) => Object.assign(m, { pack: 'bank' }) },
    /says pack "bank", but the folder says "shop"/,
  ],
  [
    'an unknown feature',
    { manifest: (m) => Object.assign(m.input.features[3], { name: 'vists' }) },
    /the pack has no feature "vists"; did you mean "visits"\?/,
  ],
  [
    'an input named twice',
    { manifest: (m) => m.context.push({ name: 'orders', default: 0 }) },
    /the input "orders" is named twice/,
  ],
  [
    'a turned range',
    { manifest: (m) => Object.assign(m.input.features[0], { min: 4 }) },
    /"recencyDays" has min 4 above max 3/,
  ],
  [
    'thresholds out of order',
    { manifest: (m) => Object.assign(m.output.columns[0], { thresholds: { high: 0.1, medium: 0.2 } }) },
    /"buy30d" has its threshold "medium" above "high"/,
  ],
  ['another opset', { manifest: (m) => Object.assign(m, { opset: 20 }) }, /uses opset 21, but manifest.json says 20/],
  [
    'a wrong hash',
    { manifest: (m) => Object.assign(m, { sha256: '0'.repeat(64) }) },
    /sha256 9b4c[0-9a-f]{60}, not 0{64}/,
  ],
  [
    'a model cut short',
    { model: (bytes) => bytes.subarray(0, 150), rehash: true },
    /not an ONNX model, or is cut short/,
  ],
  [
    'a model cut short behind its opset',
    { model: (bytes) => Buffer.concat([bytes, Buffer.from([(14 << 3) | 2, 16, 0])]), rehash: true },
    /not an ONNX model, or is cut short/,
  ],
  [
    'a text as a model',
    { model: () => Buffer.from('<html>not found</html>'), rehash: true },
    /not an ONNX model, or is cut short/,
  ],
  ['an empty model', { model: () => Buffer.alloc(0), rehash: true }, /not an ONNX model, or is cut short/],
  [
    'too few golden rows',
    { golden: (g) => g.rows.splice(19) },
    /golden.json: rows must have at least 20 items, not 19/,
  ],
  [
    'a golden row of another width',
    { golden: (g) => g.rows[4].pop() },
    /rows\[4\] has 4 numbers; the manifest names 5 inputs/,
  ],
  [
    'a golden answer of another width',
    { golden: (g) => g.expected[7].push(0) },
    /expected\[7\] has 3 numbers; the manifest names 2 /,
  ],
  ['golden rows without answers', { golden: (g) => g.expected.pop() }, /24 rows but 23 expected/],
  [
    'a tolerance that proves nothing',
    { golden: (g) => Object.assign(g, { tolerance: 1 }) },
    /tolerance must be <= 0.001/,
  ],
];

for (const [what, edit, reason] of REFUSALS) {
  test(`${what} is refused with its reason`, (t) => refused(editedBundle(t, 'linear', edit), reason));
}

test('missing, unreadable and malformed files are named', (t) => {
  const ref = editedBundle(t, 'linear', {});
  writeFileSync(join(ref.folder, 'manifest.json'), '{"formatVersion": 1,');
  refused(ref, /manifest\.json is not valid JSON/);
  rmSync(join(ref.folder, 'manifest.json'));
  mkdirSync(join(ref.folder, 'manifest.json'));
  refused(ref, /manifest\.json cannot be read: EISDIR/);
  rmSync(join(ref.folder, 'golden.json'));
  rmSync(join(ref.folder, 'CARD.md'));
  refused(ref, /golden\.json and CARD\.md missing in /);
});

test('every flipped byte of the model is noticed, and both hashes are told', (t) => {
  const size = shopBundle('linear').model.length;
  for (let at = 0; at < size; at += 10) {
    const flip = (bytes: Buffer): Buffer => {
      bytes[at] ^= 1 << (at % 8);
      return bytes;
    };
    refused(editedBundle(t, 'linear', { model: flip }), /model\.onnx is not the file .* sha256 [0-9a-f]{64}, not 9b4c/);
  }
});

test('a pack without the features refuses, and a good bundle is read whole', (t) => {
  refused(shopRef('linear'), /the pack has no feature "recencyDays"$/, new Set());
  const bundle = shopBundle('trees');
  assert.equal(bundle.id, 'shop/trees/1');
  assert.deepEqual(bundle.manifest.context, [{ name: 'clicks', default: 1, min: 0.5, max: 3 }]);
  const rows = { buy30d: 900, buy90d: 700 };
  const byColumn = editedBundle(t, 'trees', { manifest: (m) => Object.assign(m.training, { rows, cuts: 9 }) });
  assert.deepEqual(readBundle(byColumn, SHOP_FEATURES).manifest.training.rows, rows);
  assert.deepEqual(structuredClone(bundle).manifest, bundle.manifest);
});

test('bundles are found by head, the highest version first, in natural order', (t) => {
  const folder = temporaryFolder(t);
  for (const path of ['call/9', 'call/10', 'call/1.2', 'action/2', '.git/1', 'items/empty']) {
    mkdirSync(join(folder, path), { recursive: true });
    if (!path.endsWith('empty')) writeFileSync(join(folder, path, 'manifest.json'), '{}');
  }
  writeFileSync(join(folder, 'features.yaml'), '');
  const versions = (refs: BundleRef[]): string[] => refs.map((ref) => `${ref.head}/${ref.version}`);
  assert.deepEqual(versions(listBundles(folder, 'shop')), ['action/2', 'call/10', 'call/9', 'call/1.2']);
  assert.deepEqual(versions(chooseBundles(folder, 'shop')), ['action/2', 'call/10']);
  assert.deepEqual(versions(chooseBundles(folder, 'shop', { call: '9' })), ['action/2', 'call/9']);
  assert.throws(() => chooseBundles(folder, 'shop', { call: '8' }), /shop\/call\/8 .* only the versions 10, 9, 1\.2/);
  assert.throws(() => chooseBundles(folder, 'shop', { calls: '9' }), /no head "calls"; did you mean "call"\?/);
  assert.deepEqual(listBundles(join(folder, 'nowhere'), 'shop'), []);
  assert.equal(listBundles(SHOP_FOLDER, 'shop').length, 6);
});
