import { strict as assert } from 'node:assert';
import { type TestContext, test } from 'node:test';
import { prove } from '../../src/inference/prove.ts';
import { HeadRegistry } from '../../src/inference/registry.ts';
import { HeadSession } from '../../src/inference/session.ts';
import { type ShopHead, shopBundle } from '../support/bundles.ts';

/** A model of the head `buy`, so that one model can take another's place. */
const openAs = (model: ShopHead, version: string): HeadSession => {
  const bundle = shopBundle(model);
  return HeadSession.open({ ...bundle, manifest: { ...bundle.manifest, head: 'buy', version } });
};

const registryFor = (t: TestContext): HeadRegistry => {
  const registry = new HeadRegistry();
  t.after(() => registry.close());
  return registry;
};

const ROW = [0.3, -1, 2, 0.5, 1];

const alone = (session: HeadSession): number[] => {
  const output = new Float32Array(session.outputWidth);
  session.run(Float32Array.from(ROW), 1, output);
  return [...output];
};

const request = (registry: HeadRegistry): Promise<{ version: string; output: number[] }> => {
  const { session, batcher } = registry.get('buy')!;
  batcher.input.set(ROW, batcher.offset);
  return new Promise((resolve, reject) => {
    batcher.add((version, error, output, offset) => {
      if (error === undefined) resolve({ version, output: [...output.subarray(offset, offset + 2)] });
      else reject(error);
    }, session.version);
  });
};

test('a swap is at once for new requests, and those in flight finish on the model they began with', async (t) => {
  const registry = registryFor(t);
  const [first, second] = [openAs('linear', '1'), openAs('trees', '2')];
  const [byFirst, bySecond] = [alone(first), alone(second)];
  assert.notDeepEqual(byFirst, bySecond);

  await registry.swap(first);
  const before = Array.from({ length: 100 }, () => request(registry));
  const swapped = registry.swap(second);
  const after = Array.from({ length: 100 }, () => request(registry));
  assert.deepEqual(
    registry.list().map((head) => [head.head, head.version, head.state]),
    [
      ['buy', '2', 'live'],
      ['buy', '1', 'draining'],
    ],
  );
  for (const answer of await Promise.all(before)) assert.deepEqual(answer, { version: '1', output: byFirst });
  for (const answer of await Promise.all(after)) assert.deepEqual(answer, { version: '2', output: bySecond });

  await swapped;
  const { manifest } = shopBundle('trees');
  assert.deepEqual(registry.list(), [
    { head: 'buy', name: 'shop-trees', version: '2', sha256: manifest.sha256, engine: 'onnxruntime', state: 'live' },
  ]);
  assert.throws(() => alone(first), /is released/);
});

test('closing answers what was taken, then frees the models', async (t) => {
  const registry = registryFor(t);
  const session = openAs('linear', '1');
  const expected = alone(session);
  await registry.swap(session);
  const pending = Array.from({ length: 130 }, () => request(registry));
  const closed = registry.close();
  assert.equal(registry.get('buy'), undefined);
  for (const answer of await Promise.all(pending)) assert.deepEqual(answer.output, expected);
  await closed;
  assert.deepEqual(registry.list(), []);
  assert.throws(() => alone(session), /is released/);
});

test('what runs as a plan can also be asked in ONNX Runtime, and goes with its model', async (t) => {
  const registry = registryFor(t);
  const bundle = shopBundle('linear');
  const { plan } = await prove({ ...bundle, manifest: { ...bundle.manifest, head: 'buy' } });
  assert.ok(plan !== undefined);
  await registry.swap(HeadSession.open({ ...bundle, manifest: { ...bundle.manifest, head: 'buy' }, plan }));
  const live = registry.live()[0];
  const reference = registry.reference(live);
  assert.deepEqual([live.session.engine, reference.session.engine], ['plan', 'onnxruntime']);
  assert.equal(registry.reference(live), reference, 'loaded once');
  assert.equal(registry.reference(reference), reference);
  assert.deepEqual(alone(reference.session), alone(openAs('linear', '1')));
  await registry.swap(openAs('trees', '2'));
  assert.throws(() => alone(reference.session), { code: 'INTERNAL' });
});

test('a plan that is near enough to ONNX Runtime stands for it', async (t) => {
  const registry = registryFor(t);
  const proven = await prove(shopBundle('trees'));
  await registry.swap(HeadSession.open({ ...proven, planApart: 1e-7 }));
  const live = registry.live()[0];
  assert.equal(live.session.engine, 'plan');
  assert.equal(registry.reference(live), live);
});
