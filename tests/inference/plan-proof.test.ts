import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inputWidth, outputWidth } from '../../src/inference/manifest.ts';
import { NoPlan } from '../../src/inference/plan/no-plan.ts';
import { makePlan, type Plan } from '../../src/inference/plan/plan.ts';
import { ALIKE_MAX, comparePlan, type PlanProof } from '../../src/inference/plan/plan-proof.ts';
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

const proof = (t: TestContext, bundle: Bundle, plan: Plan): PlanProof => {
  const sessions = [HeadSession.open(bundle), HeadSession.open({ ...bundle, plan })];
  t.after(() => sessions.map((session) => session.release()));
  const [reference, planned] = sessions.map((session) => session.run.bind(session));
  return comparePlan(bundle.manifest, reference, planned);
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
    const { problem, apart } = proof(t, bundle, plansOf(bundle));
    assert.equal(problem, undefined);
    const proven = await prove(bundle);
    assert.deepEqual([proven.noPlan, proven.planApart], [undefined, apart]);
    const session = HeadSession.open(proven);
    // Both have no trees, or trees that ask for what has the same bits.
    assert.deepEqual([session.engine, session.isReference], ['plan', apart <= ALIKE_MAX]);
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
        return proof(t, bundle, { ...plan, module }).problem;
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

const gives = (value: number) => (_input: Float32Array, rows: number, output: Float32Array) =>
  void output.fill(value, 0, rows * 2);

test('a number where ONNX Runtime has none is found out, and so is none where it has one', () => {
  const values = [0, 1, -1e30, Infinity, -Infinity, Number.NaN];
  for (const a of values)
    for (const b of values) {
      const { problem, apart } = comparePlan(onnxManifest(200, 2), gives(a), gives(b));
      assert.equal(problem === undefined, Object.is(a, b), `${a} and ${b}`);
      assert.equal(apart, problem === undefined ? 0 : Infinity);
    }
});

test('how far a plan is apart is measured in numbers, and above 1 as a share of them', () => {
  const [small, large] = [2 ** -20, 2 ** -18];
  assert.equal(comparePlan(onnxManifest(3, 2), gives(0.5), gives(0.5 + small)).apart, small);
  assert.equal(comparePlan(onnxManifest(3, 2), gives(8), gives(8 + large)).apart, large / 8);
});

const TREE: OnnxNode = [
  'ai.onnx.ml:TreeEnsembleRegressor',
  ['asked'],
  'y',
  {
    n_targets: 2,
    nodes_treeids: [0, 0, 0],
    nodes_nodeids: [0, 1, 2],
    nodes_featureids: [0, 0, 0],
    nodes_modes: ['BRANCH_LEQ', 'LEAF', 'LEAF'],
    nodes_values: { floats: [0.5, 0, 0] },
    nodes_truenodeids: [1, 0, 0],
    nodes_falsenodeids: [2, 0, 0],
    target_treeids: [0, 0],
    target_nodeids: [1, 2],
    target_ids: [0, 1],
    target_weights: { floats: [1, 1] },
  },
];

test('only a plan that is near enough, and whose trees ask for the same bits, speaks for ONNX Runtime', () => {
  const over = (nodes: readonly OnnxNode[]): Bundle => bundleOf([...nodes, TREE], {});
  const open = (bundle: Bundle, planApart?: number) =>
    HeadSession.open({ ...bundle, plan: plansOf(bundle), ...(planApart === undefined ? {} : { planApart }) });
  const same = over([['Abs', ['x'], 'asked']]);
  assert.equal(open(same, ALIKE_MAX).isReference, true);
  assert.equal(open(same, ALIKE_MAX * 1.01).isReference, false);
  assert.equal(open(same).isReference, false, 'nobody has compared');
  const rounded = over([
    ['Exp', ['x'], 'power'],
    ['Abs', ['power'], 'asked'],
  ]);
  assert.equal(open(rounded, 0).isReference, false);
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
