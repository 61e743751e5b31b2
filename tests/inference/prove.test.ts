import { strict as assert } from 'node:assert';
import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { prove } from '../../src/inference/prove.ts';
import { readBundle } from '../../src/inference/repository.ts';
import {
  type BundleEdit,
  editedBundle,
  SHOP_FEATURES,
  type ShopHead,
  shopBundle,
  temporaryFolder,
} from '../support/bundles.ts';

const edited = (t: TestContext, head: ShopHead, edit: BundleEdit): ReturnType<typeof readBundle> =>
  readBundle(editedBundle(t, head, edit), SHOP_FEATURES);

/** Processes that the test causes to start. */
const watchChildren = (t: TestContext, onChild: (child: ChildProcess) => void): void => {
  const listener = (message: unknown): void => onChild((message as { process: ChildProcess }).process);
  subscribe('child_process', listener);
  t.after(() => unsubscribe('child_process', listener));
};

const flipBiasExponent = (bytes: Buffer): Buffer => {
  const bias = Buffer.alloc(4);
  bias.writeFloatLE(0.1);
  const at = bytes.indexOf(bias);
  assert(at > 0);
  bytes[at + 3] ^= 1;
  return bytes;
};

test('bundles that compute what they promise are proven', async () => {
  await prove(shopBundle('linear'));
  await prove(shopBundle('trees'));
});

const REFUSALS: [string, ShopHead, BundleEdit, RegExp][] = [
  [
    'a fixed number of rows',
    'fixed-rows',
    {},
    /"features" of model\.onnx has the fixed shape \[8, 5\]; the number of rows must be free: \[N, 5\]/,
  ],
  ['an output that is not finite', 'logarithm', {}, /a row with all inputs at 0 gives NaN for "buy30d"/],
  ['a run that fails', 'lookup', {}, /The model of head "lookup" failed\. .*indices element out of data bounds/],
  [
    'another input name',
    'linear',
    { manifest: (m) => Object.assign(m.input, { name: 'x' }) },
    /the input of model\.onnx is called "features", but manifest\.json says "x"/,
  ],
  [
    'another output name',
    'linear',
    { manifest: (m) => Object.assign(m.output, { name: 'y' }) },
    /the output of model\.onnx is called "probabilities", but manifest\.json says "y"/,
  ],
  [
    'another number of inputs',
    'linear',
    {
      manifest: (m) => m.context.push({ name: 'hour', default: 0 }),
      golden: (g) => g.rows.forEach((row) => void row.push(0)),
    },
    /"features" of model\.onnx has the shape \[N, 5\], but manifest\.json names 6 inputs: \[N, 6\] is needed/,
  ],
  [
    'a tampered golden answer',
    'trees',
    { golden: (g) => g.expected[3].splice(1, 1, 0.999) },
    /golden row 3 alone gives 0\.\d+ for "buy90d", but golden\.json expects 0\.\d+ \(tolerance 0\.000001\)/,
  ],
  [
    'a changed weight under a right hash',
    'linear',
    { model: flipBiasExponent, rehash: true },
    /golden row 0 alone gives 0\.\d+ for "buy30d"/,
  ],
  [
    'bytes that ONNX Runtime cannot load',
    'linear',
    { model: (bytes) => Buffer.from(bytes.toString('latin1').replace('Gemm', 'Gexx'), 'latin1'), rehash: true },
    /model\.onnx cannot be loaded: .*Gexx/,
  ],
];

for (const [what, head, edit, reason] of REFUSALS) {
  test(`${what} is refused with its reason`, async (t) => {
    await assert.rejects(prove(edited(t, head, edit)), (error: Error & { code: string }) => {
      assert.equal(error.code, 'BUNDLE_REFUSED');
      assert.match(error.message, new RegExp(`^Model bundle shop/${head}/1 is refused: [^:]`));
      assert.doesNotMatch(error.message.slice(10), /Model bundle/);
      assert.match(error.message, reason);
      return true;
    });
  });
}

test('a model that does not end is refused in time, and its process is gone', async (t) => {
  const children: ChildProcess[] = [];
  watchChildren(t, (child) => children.push(child));
  await assert.rejects(
    prove(shopBundle('endless'), { timeoutMs: 1000 }),
    /model\.onnx did not load and run within 1 s$/,
  );
  assert.equal(children.length, 1);
  assert.equal(children[0].signalCode, 'SIGKILL');
});

test('a model that crashes its process is refused', async (t) => {
  watchChildren(t, (child) => child.once('spawn', () => child.kill('SIGSEGV')));
  await assert.rejects(prove(shopBundle('endless')), /model\.onnx crashed the process that ran it \(SIGSEGV\)$/);
});

test('what was proven is remembered, until anything about the bundle changes', async (t) => {
  const cachePath = join(temporaryFolder(t), 'state', 'proven.json');
  let starts = 0;
  watchChildren(t, () => starts++);
  await prove(shopBundle('linear'), { cachePath });
  await prove(shopBundle('linear'), { cachePath });
  assert.equal(starts, 1);
  await prove(edited(t, 'linear', { manifest: (m) => Object.assign(m.input.features[0], { default: 2 }) }), {
    cachePath,
  });
  assert.equal(starts, 2, 'another manifest');
  await assert.rejects(prove(edited(t, 'linear', { golden: (g) => g.expected[0].fill(0) }), { cachePath }));
  await assert.rejects(prove(edited(t, 'linear', { golden: (g) => g.expected[0].fill(0) }), { cachePath }));
  assert.equal(starts, 4, 'a refusal is not remembered');
  await prove(shopBundle('linear'), { cachePath });
  assert.equal(starts, 4);
  writeFileSync(cachePath, '{"proven": [');
  await prove(shopBundle('linear'), { cachePath });
  await prove(shopBundle('linear'), { cachePath });
  assert.equal(starts, 5, 'a damaged memory proves again, and is mended');
});
