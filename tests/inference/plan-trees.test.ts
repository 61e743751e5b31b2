import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { makePlan } from '../../src/inference/plan/plan.ts';
import { type OnnxGraph, type OnnxNode, onnxModel } from '../support/onnx-model.ts';
import { onnxRows, planRows } from '../support/plan-runs.ts';

const MODES = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT'] as const;
const THRESHOLDS = [-1, -0, 0.5, 1, 2.25, 1e-20];

interface Node {
  readonly column?: number;
  readonly threshold?: number;
  readonly children?: readonly [number, number];
  readonly weights?: readonly number[];
  readonly isNanTrue?: boolean;
}

/** Trees of any shape: each draw splits one of the leaves, or ends the tree. */
const treeOf = (draws: readonly number[], columns: number, targets: number): Node[] => {
  const leaf = (seed: number): Node => ({
    weights: Array.from({ length: targets }, (_, i) => Math.fround(Math.sin(seed * 7 + i * 3))),
  });
  const nodes: Node[] = [leaf(0)];
  for (const [i, draw] of draws.entries()) {
    const leaves = nodes.flatMap((node, at) => (node.children === undefined ? [at] : []));
    const split = leaves[draw % leaves.length];
    const children = [nodes.push(leaf(i * 2 + 1)) - 1, nodes.push(leaf(i * 2 + 2)) - 1] as const;
    const threshold = THRESHOLDS[draw % THRESHOLDS.length] + (draw % 3);
    nodes[split] = { column: draw % columns, threshold, children, isNanTrue: draw > 900 };
  }
  return nodes;
};

const ensemble = (
  trees: readonly (readonly Node[])[],
  { mode, targets, ...more }: { mode: string; targets: number; [attribute: string]: unknown },
): OnnxNode => ['ai.onnx.ml:TreeEnsembleRegressor', ['x'], 'y', attributesOf(trees, 'target', mode, targets, more)];

/** @param kind of what leaves name */
const attributesOf = (
  trees: readonly (readonly Node[])[],
  kind: 'target' | 'class',
  mode: string,
  targets: number,
  more: Record<string, unknown>,
) => {
  const all = trees.flatMap((nodes, tree) => nodes.map((node, id) => ({ tree, id, ...node })));
  const weights = all.flatMap(({ tree, id, weights = [] }) => weights.map((weight, to) => ({ tree, id, weight, to })));
  return {
    ...(kind === 'target' ? { n_targets: targets } : {}),
    nodes_treeids: all.map(({ tree }) => tree),
    nodes_nodeids: all.map(({ id }) => id),
    nodes_featureids: all.map(({ column = 0 }) => column),
    nodes_modes: all.map(({ children }) => (children === undefined ? 'LEAF' : mode)),
    nodes_values: { floats: all.map(({ threshold = 0 }) => threshold) },
    nodes_truenodeids: all.map(({ children = [0, 0] }) => children[0]),
    nodes_falsenodeids: all.map(({ children = [0, 0] }) => children[1]),
    nodes_missing_value_tracks_true: all.map(({ isNanTrue }) => (isNanTrue ? 1 : 0)),
    [`${kind}_treeids`]: weights.map(({ tree }) => tree),
    [`${kind}_nodeids`]: weights.map(({ id }) => id),
    [`${kind}_ids`]: weights.map(({ to }) => to),
    [`${kind}_weights`]: { floats: weights.map(({ weight }) => weight) },
    ...(more as Record<string, number>),
  };
};

const ROW = [Number.NaN, Infinity, -Infinity, 0, -0, 1, 0.5, 2.25, 3, -1, -5, 1e-20, 1e30];

const draws = (most: number) => fc.array(fc.nat(1000), { maxLength: most, size: 'max' });

test('random trees have the bits of ONNX Runtime for every comparison, NaN and infinities too', (t) => {
  fc.assert(
    fc.property(
      // Up to 41 leaves, and sometimes more than go in blocks.
      fc.array(fc.oneof({ weight: 20, arbitrary: draws(40) }, { weight: 1, arbitrary: draws(90) }), {
        minLength: 1,
        maxLength: 11,
      }),
      fc.constantFrom(...MODES),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.constantFrom(...ROW), { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 1, max: 40 }),
      (draws, mode, targets, columns, numbers, rows) => {
        const trees = draws.map((draw) => treeOf(draw, columns, targets));
        const graph: OnnxGraph = { inputs: columns, outputs: targets, nodes: [ensemble(trees, { mode, targets })] };
        const input = Float32Array.from({ length: columns * 70 }, (_, i) => numbers[(i * 31) % numbers.length]);
        const got = planRows(graph, input);
        assert.deepEqual(got, onnxRows(t, graph, input));
        const some = planRows(graph, input.subarray(columns, (rows + 1) * columns));
        assert.deepEqual(some, got.subarray(targets, (rows + 1) * targets), `${rows} rows`);
      },
    ),
    { numRuns: 60 },
  );
});

test('means, base values and a logistic end are those of ONNX Runtime', (t) => {
  const trees = [treeOf([1, 5, 9], 3, 2), treeOf([2, 3], 3, 2), treeOf([], 3, 2)];
  const more = { aggregate_function: 'AVERAGE', post_transform: 'LOGISTIC', base_values: { floats: [0.25, -3] } };
  const graph = { inputs: 3, outputs: 2, nodes: [ensemble(trees, { mode: 'BRANCH_LEQ', targets: 2, ...more })] };
  const input = Float32Array.from({ length: 300 }, (_, i) => ROW[(i * 7) % ROW.length]);
  const wanted = onnxRows(t, graph, input);
  for (const [i, got] of planRows(graph, input).entries()) assert(Math.abs(got - wanted[i]) < 1e-6);
});

test('classifiers score as ONNX Runtime does: two classes by one score, shares, and more classes', (t) => {
  const draws = [[1, 950, 9], [2, 3], [], [44, 5, 7, 8]];
  for (const classes of [2, 3])
    for (const targets of [1, classes])
      for (const post_transform of ['NONE', 'LOGISTIC', 'SOFTMAX'])
        for (const turn of [Math.abs, (weight: number) => weight]) {
          if (classes === 3 && targets === 1) continue;
          // One score, and the softmax of it and its opposite: what is meant differs by exporter, and nobody writes it.
          if (targets === 1 && post_transform === 'SOFTMAX') continue;
          const trees = draws.map((draw) =>
            treeOf(draw, 3, targets).map((node) => ({ ...node, weights: node.weights?.map(turn) })),
          );
          const labels = { classlabels_int64s: Array.from({ length: classes }, (_, i) => i), post_transform };
          const attributes = attributesOf(trees, 'class', 'BRANCH_LEQ', targets, labels);
          const nodes: OnnxNode[] = [['ai.onnx.ml:TreeEnsembleClassifier', ['x'], 'label,y', attributes]];
          const graph = { inputs: 3, outputs: classes, nodes };
          const input = Float32Array.from({ length: 300 }, (_, i) => ROW[(i * 7) % ROW.length]);
          const wanted = onnxRows(t, graph, input);
          const what = `${classes} classes, ${targets} scored, ${post_transform}, ${turn}`;
          for (const [i, got] of planRows(graph, input).entries())
            assert(Math.abs(got - wanted[i]) < 1e-6, `${what}: ${got}, not ${wanted[i]}`);
        }
});

test('trees that go in a circle, mixed comparisons and columns that are not there have no plan', () => {
  const tree = treeOf([3, 4], 2, 1);
  const node = (change: Record<string, unknown>): OnnxNode =>
    ensemble([tree], { mode: 'BRANCH_LEQ', targets: 1, ...change });
  for (const [change, reason] of [
    [{ nodes_truenodeids: [0, 0, 0, 0, 0] }, /no tree/],
    [{ nodes_truenodeids: [9, 0, 0, 0, 0] }, /not in its tree/],
    [{ nodes_featureids: [7, 7, 7, 7, 7] }, /column 7 of 2/],
    [{ nodes_modes: ['BRANCH_LEQ', 'BRANCH_GT', 'BRANCH_LT', 'LEAF', 'LEAF'] }, /compares by/],
    [{ nodes_values: { floats: [1] } }, /not whole/],
    [{ aggregate_function: 'MAX' }, /MAX/],
    [{ post_transform: 'PROBIT' }, /PROBIT/],
    [{ n_targets: 2 ** 40 }, /targets/],
  ] as const) {
    const model = onnxModel({ inputs: 2, outputs: 1, nodes: [node(change)] });
    assert.throws(() => makePlan(model, { input: 2, output: 1 }), { name: 'Error', message: reason });
  }
});
