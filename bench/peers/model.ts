import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../../src/inference/manifest.ts';
import { HeadSession } from '../../src/inference/session.ts';
import { ONNX_OPSET, onnxModel } from '../../tests/support/onnx-model.ts';
import { randomOf } from '../random.ts';

/** The model that all peers run, and a pack that has it beside the heads of `retail`. */
export interface PeersModel {
  readonly pack: string;
  /** Folder of the bundle. */
  readonly bundle: string;
}

export const PEERS_HEAD = 'peers';

const RETAIL = join(import.meta.dirname, '../../models/retail');
const TREES = 100;
const DEPTH = 5;
const FEATURES = 64;
const GOLDEN_ROWS = 20;
const SEED = 64;

type Feature = Manifest['input']['features'][number];

const uniform = (random: () => number, from: number, to: number): number => from + random() * (to - from);

/** Whole trees; the children of node `i` are `2i + 1` and `2i + 2`, the last level are leaves. */
const treesOf = (features: readonly Feature[], random: () => number): Uint8Array => {
  const inner = 2 ** DEPTH - 1;
  const nodes = Array.from({ length: TREES }, (_, tree) =>
    Array.from({ length: 2 * inner + 1 }, (_, id) => {
      const column = Math.floor(random() * features.length);
      const { min, max } = features[column];
      return { tree, id, column, isLeaf: id >= inner, threshold: uniform(random, min, max), weight: random() - 0.5 };
    }),
  ).flat();
  const leaves = nodes.filter(({ isLeaf }) => isLeaf);
  return onnxModel({
    inputs: features.length,
    outputs: 1,
    input: 'features',
    output: 'probabilities',
    nodes: [
      [
        'ai.onnx.ml:TreeEnsembleRegressor',
        ['features'],
        'sum',
        {
          n_targets: 1,
          nodes_treeids: nodes.map(({ tree }) => tree),
          nodes_nodeids: nodes.map(({ id }) => id),
          nodes_featureids: nodes.map(({ column, isLeaf }) => (isLeaf ? 0 : column)),
          nodes_modes: nodes.map(({ isLeaf }) => (isLeaf ? 'LEAF' : 'BRANCH_LEQ')),
          nodes_values: { floats: nodes.map(({ threshold, isLeaf }) => (isLeaf ? 0 : threshold)) },
          nodes_truenodeids: nodes.map(({ id, isLeaf }) => (isLeaf ? 0 : 2 * id + 1)),
          nodes_falsenodeids: nodes.map(({ id, isLeaf }) => (isLeaf ? 0 : 2 * id + 2)),
          target_treeids: leaves.map(({ tree }) => tree),
          target_nodeids: leaves.map(({ id }) => id),
          target_ids: leaves.map(() => 0),
          target_weights: { floats: leaves.map(({ weight }) => weight) },
        },
      ],
      ['Sigmoid', ['sum'], 'probabilities'],
    ],
  });
};

/**
 * Writes the `retail` pack with one more head: 100 random trees of depth 5 over 64 of its features, the same every time.
 * @param folder what it holds is replaced
 */
export const writePeersModel = (folder: string): PeersModel => {
  rmSync(folder, { recursive: true, force: true });
  cpSync(RETAIL, folder, { recursive: true });
  const bundle = join(folder, PEERS_HEAD, '1');
  mkdirSync(bundle, { recursive: true });
  const known = JSON.parse(readFileSync(join(RETAIL, 'decision', '1', 'manifest.json'), 'utf8')) as Manifest;
  const features = known.input.features.slice(0, FEATURES);
  const random = randomOf(SEED);
  const model = treesOf(features, random);
  const manifest: Manifest = {
    ...known,
    name: `retail-${PEERS_HEAD}`,
    head: PEERS_HEAD,
    sha256: createHash('sha256').update(model).digest('hex'),
    opset: ONNX_OPSET,
    input: { name: 'features', features },
    context: [],
    output: {
      name: 'probabilities',
      columns: [{ name: PEERS_HEAD, means: 'the sum of random trees', kind: 'propensity' }],
    },
    calibration: { method: 'none' },
    training: { data: 'made up', from: '2026-01-01', until: '2026-01-01', rows: 0 },
    metrics: {},
  };
  const rows = Array.from({ length: GOLDEN_ROWS }, () =>
    features.map(({ min, max }) => Number(uniform(random, min, max).toFixed(2))),
  );
  const session = HeadSession.open({ id: PEERS_HEAD, manifest, model });
  const expected = [...session.scoreRows(Float32Array.from(rows.flat()), rows.length)].map((value) => [value]);
  session.release();
  writeFileSync(join(bundle, 'model.onnx'), model);
  writeFileSync(join(bundle, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(bundle, 'golden.json'), JSON.stringify({ tolerance: 1e-6, rows, expected }));
  writeFileSync(join(bundle, 'CARD.md'), '# Random trees, for comparisons of speed\n');
  return { pack: folder, bundle };
};
