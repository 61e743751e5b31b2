import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inputWidth, outputWidth } from '../../src/inference/manifest.ts';
import { NoPlan } from '../../src/inference/plan/no-plan.ts';
import { makePlan, type Plan } from '../../src/inference/plan/plan.ts';
import { planProblem } from '../../src/inference/plan/plan-proof.ts';
import { prove } from '../../src/inference/prove.ts';
import { type Bundle, readBundles } from '../../src/inference/repository.ts';
import { HeadSession } from '../../src/inference/session.ts';
import { loadPack } from '../../src/packs/pack.ts';
import { shopBundle, temporaryFolder } from '../support/bundles.ts';
import { type OnnxNode, type OnnxTensor, onnxManifest, onnxModel } from '../support/onnx-model.ts';

const RETAIL = fileURLToPath(new URL('../../models/retail', import.meta.url));
const committed = readBundles(loadPack(RETAIL));

const plansOf = (bundle: Bundle): Plan =>
  makePlan(bundle.model, { input: inputWidth(bundle.manifest), output: outputWidth(bundle.manifest) });

const proof = (t: TestContext, bundle: Bundle, plan: Plan): string | undefined => {
  const sessions = [HeadSession.open(bundle), HeadSession.open({ ...bundle, plan })];
  t.after(() => sessions.map((session) => session.release()));
  const [reference, planned] = sessions.map((session) => session.run.bind(session));
  return planProblem(bundle.manifest, reference, planned);
};

/** f32x4.add and f32x4.sub */
const [ADD, SUBTRACT] = [
  [0xfd, 0xe4, 0x01],
  [0xfd, 0xe5, 0x01],
];
const isAt = (bytes: Uint8Array, at: number, wanted: readonly number[]): boolean =>
  wanted.every((byte, i) => bytes[at + i] === byte);

for (const bundle of committed) {
  test(`the plan of ${bundle.id} is proven, and a start takes it`, async (t) => {
    assert.equal(proof(t, bundle, plansOf(bundle)), undefined);
    const { plan, noPlan } = await prove(bundle);
    assert.equal(noPlan, undefined);
    const session = HeadSession.open({ ...bundle, plan });
    assert.equal(session.engine, 'plan');
  });

  test(`a plan of ${bundle.id} that subtracts once where it should add is found out`, (t) => {
    const plan = plansOf(bundle);
    const additions = [...plan.module.keys()].filter((at) => isAt(plan.module, at, ADD));
    const step = Math.floor(additions.length / 12);
    const problems = additions
      .filter((_, i) => i % step === 0)
      .map((at) => {
        const module = plan.module.slice();
        module.set(SUBTRACT, at);
        return proof(t, bundle, { ...plan, module });
      });
    const found = problems.filter((problem) => problem !== undefined);
    for (const problem of found) assert.match(problem, /^it gives \S+ (and ONNX Runtime|in a batch and) \S+ /);
    // The others add what counts for nothing: a weight of 0, a lane that is not used, a last digit of a logarithm.
    assert(found.length > problems.length / 2, `${found.length} of ${problems.length} are found out`);
  });
}

test('the same model has the same plan, bit for bit, whoever makes it', () => {
  const hash = (bundle: Bundle) => createHash('sha256').update(plansOf(bundle).module).digest('hex');
  for (const bundle of committed) assert.equal(hash(bundle), hash(bundle));
});

/** A bundle of this graph; it gives 0 for rows of 0. */
const bundleOf = (nodes: readonly OnnxNode[], constants: Record<string, OnnxTensor>): Bundle => ({
  id: 'test/test/1',
  manifest: onnxManifest(2, 2),
  golden: { tolerance: 1e-3, rows: Array(20).fill([0, 0]), expected: Array(20).fill([0, 0]) },
  model: onnxModel({ inputs: 2, outputs: 2, nodes, constants }),
  sha256: '0',
});

test('what a plan cannot do, or does otherwise, stays with ONNX Runtime, and why is said', async () => {
  const one = { dims: [1], values: [1] };
  const unknown = await prove(bundleOf([['Erf', ['x'], 'y']], {}));
  assert.deepEqual([unknown.plan, unknown.noPlan], [undefined, 'Erf is not among its operators']);
  // Nothing but the last digits of two logarithms, and those are not the same in any two libraries.
  const digits: OnnxNode[] = [
    ['Abs', ['x'], 'positive'],
    ['Add', ['positive', 'one'], 'a'],
    ['Mul', ['a', 'a'], 'square'],
    ['Log', ['a'], 'once'],
    ['Log', ['square'], 'twice'],
    ['Sub', ['twice', 'once'], 'left'],
    ['Sub', ['left', 'once'], 'nothing'],
    ['Mul', ['nothing', 'much'], 'much_of_it'],
    ['Clip', ['much_of_it', 'least', 'most'], 'y'],
  ];
  const constants = {
    one,
    much: { dims: [1], values: [1e7] },
    least: { dims: [], values: [-1e9] },
    most: { dims: [], values: [1e9] },
  };
  const { plan, noPlan } = await prove(bundleOf(digits, constants));
  assert.equal(plan, undefined);
  assert.match(String(noPlan), /^its plan is not taken: it gives \S+ and ONNX Runtime \S+ for "c[01]" on the inputs /);
});

test('a number where ONNX Runtime has none is found out, and so is none where it has one', () => {
  const gives = (value: number) => (_input: Float32Array, rows: number, output: Float32Array) =>
    void output.fill(value, 0, rows * 2);
  const values = [0, 1, -1e30, Infinity, -Infinity, Number.NaN];
  for (const a of values)
    for (const b of values) {
      const problem = planProblem(onnxManifest(200, 2), gives(a), gives(b));
      assert.equal(problem === undefined, Object.is(a, b), `${a} and ${b}`);
    }
});

test('a plan is proven once, and so is why there is none', async (t) => {
  const cachePath = join(temporaryFolder(t), 'proven.json');
  const linear = await prove(shopBundle('linear'), { cachePath });
  assert(linear.plan !== undefined);
  assert.deepEqual(await prove(shopBundle('linear'), { cachePath }), linear);
  const off = await prove(shopBundle('linear'), { cachePath, plans: false });
  assert.deepEqual([off.plan, off.noPlan], [undefined, 'plans are switched off']);
});

test('damaged models have a plan or none, and nothing else happens', () => {
  const { model, manifest } = shopBundle('trees');
  const widths = { input: inputWidth(manifest), output: outputWidth(manifest) };
  let made = 0;
  for (let at = 0; at < model.length; at += 3) {
    for (const flip of [1, 0x80]) {
      const bytes = Uint8Array.from(model);
      bytes[at] ^= flip;
      try {
        makePlan(bytes, widths);
        made++;
      } catch (error) {
        assert(error instanceof NoPlan, `byte ${at}: ${(error as Error).stack}`);
      }
    }
  }
  assert(made > 0 && made < model.length / 2);
});
