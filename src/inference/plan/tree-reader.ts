import { NoPlan } from './no-plan.ts';
import type { NodeReader } from './node-reader.ts';
import type { Comparison, TreeNode, Trees } from './trees.ts';

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  BRANCH_LEQ: 'le',
  BRANCH_LT: 'lt',
  BRANCH_GTE: 'ge',
  BRANCH_GT: 'gt',
};

const TARGETS_MAX = 1024;

/**
 * The trees of a `TreeEnsembleRegressor`, whose leaves name a `target`, or of a classifier, whose leaves name a `class`.
 * @throws NoPlan where they say what {@link Trees} cannot.
 */
export const readTrees = (node: NodeReader, kind: 'target' | 'class', targets: number): Trees => {
  const columns = node.columns(0).length;
  const refuse = (problem: string): never => {
    throw new NoPlan(`${node.name} ${problem}`);
  };
  const treeOf = node.ints('nodes_treeids');
  const nodeIds = node.ints('nodes_nodeids');
  const columnOf = node.ints('nodes_featureids');
  const modes = node.texts('nodes_modes');
  const thresholds = node.floats('nodes_values');
  const [trueIds, falseIds] = [node.ints('nodes_truenodeids'), node.ints('nodes_falsenodeids')];
  const all = [nodeIds, columnOf, modes, thresholds, trueIds, falseIds];
  if (treeOf.length === 0 || all.some(({ length }) => length !== treeOf.length)) refuse('is not whole');
  const nanTrue = node.ints('nodes_missing_value_tracks_true');
  const branches = new Set(modes.filter((mode) => mode !== 'LEAF'));
  const [branch = 'BRANCH_LEQ'] = branches;
  const comparison = branches.size <= 1 ? COMPARISONS[branch] : undefined;
  if (comparison === undefined) return refuse(`compares by ${[...branches].join(' and ')}`);

  if (!(targets >= 1 && targets <= TARGETS_MAX)) refuse(`has ${targets} targets`);
  const weights = readWeights(node, kind, targets, refuse);
  const trees = [...Map.groupBy(treeOf.keys(), (i) => treeOf[i])].map(([tree, members]): TreeNode[] => {
    const places = new Map(members.map((i, place) => [nodeIds[i], place]));
    const nodes = members.map((i): TreeNode => {
      if (modes[i] === 'LEAF')
        return { weights: weights.get(keyOf(tree, nodeIds[i])) ?? Array<number>(targets).fill(0) };
      const column = columnOf[i];
      if (!(column >= 0 && column < columns)) refuse(`asks for column ${column} of ${columns}`);
      const child = (id: number): number => places.get(id) ?? refuse('has a node whose child is not in its tree');
      return {
        column,
        threshold: thresholds[i],
        isTrue: child(trueIds[i]),
        isFalse: child(falseIds[i]),
        isNanTrue: nanTrue[i] === 1,
      };
    });
    const children = nodes.flatMap((it) => ('weights' in it ? [] : [it.isTrue, it.isFalse]));
    // The root is nobody's child and every other node is the child of one: no way goes in a circle.
    if (children.includes(0) || new Set(children).size !== children.length || children.length !== nodes.length - 1)
      refuse('has nodes that are no tree');
    return nodes;
  });
  return { comparison, trees, targets };
};

const keyOf = (tree: number, node: number): string => `${tree} ${node}`;

/** What leaves add to each target, by {@link keyOf}. */
const readWeights = (
  node: NodeReader,
  kind: 'target' | 'class',
  targets: number,
  refuse: (problem: string) => never,
): ReadonlyMap<string, readonly number[]> => {
  const [trees, nodes] = [node.ints(`${kind}_treeids`), node.ints(`${kind}_nodeids`)];
  const numbers = node.floats(`${kind}_weights`);
  const byLeaf = new Map<string, number[]>();
  for (const [i, target] of node.ints(`${kind}_ids`).entries()) {
    if (!(target >= 0 && target < targets)) refuse(`names the ${kind} ${target}`);
    const key = keyOf(trees[i], nodes[i]);
    const leaf = byLeaf.get(key) ?? Array<number>(targets).fill(0);
    leaf[target] += numbers[i];
    byLeaf.set(key, leaf);
  }
  return byLeaf;
};
