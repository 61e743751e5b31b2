import type { Column } from './columns.ts';
import { NoPlan } from './no-plan.ts';
import type { NodeReader } from './node-reader.ts';
import { computed, constant, type Operator, type Steps, softmaxOf } from './operator.ts';
import { readTrees } from './tree-reader.ts';

export const treeRegressor: Operator = (node, steps) => {
  const aggregate = node.text('aggregate_function', 'SUM');
  if (aggregate !== 'SUM' && aggregate !== 'AVERAGE') throw new NoPlan(`${node.name} takes ${aggregate} of its trees`);
  const targets = node.int('n_targets', 1);
  const ensemble = readTrees(node, 'target', targets);
  const sums = steps.trees(node.columns(0), ensemble);
  const trees = constant(ensemble.trees.length);
  const means = aggregate === 'SUM' ? sums : sums.map((sum) => computed('div', sum, trees));
  return { columns: transformed(node, withBase(node, means), steps) };
};

/** Its scores; the label, its first output, is for whoever reads it to choose. */
export const treeClassifier: Operator = (node, steps) => {
  const classes = Math.max(node.ints('classlabels_int64s').length, node.texts('classlabels_strings').length);
  const sums = steps.trees(node.columns(0), readTrees(node, 'class', classes));
  const [only, ...others] = new Set(node.ints('class_ids'));
  if (classes > 2 || others.length > 0) return { columns: transformed(node, withBase(node, sums), steps) };
  // Two classes and scores of one: that of the other is what is missing to 1 or, for log-odds, the opposite.
  const [score] = withBase(node, [sums[only]]);
  const isShare = node.text('post_transform', 'NONE') === 'NONE';
  if (isShare && node.floats('class_weights').every((weight) => weight >= 0))
    return { columns: [computed('sub', constant(1), score), score] };
  return { columns: transformed(node, [computed('neg', score), score], steps) };
};

const withBase = (node: NodeReader, sums: readonly Column[]): readonly Column[] => {
  const base = node.floats('base_values');
  if (base.length === 0) return sums;
  if (base.length !== sums.length) throw new NoPlan(`${node.name} has ${base.length} base values`);
  return sums.map((sum, i) => computed('add', sum, constant(base[i])));
};

const transformed = (node: NodeReader, scores: readonly Column[], steps: Steps): readonly Column[] => {
  const transform = node.text('post_transform', 'NONE');
  switch (transform) {
    case 'NONE':
      return scores;
    case 'LOGISTIC':
      return scores.map((score) => computed('sigmoid', score));
    case 'SOFTMAX':
      return softmaxOf(scores, steps);
    default:
      throw new NoPlan(`${node.name} ends with ${transform}`);
  }
};
