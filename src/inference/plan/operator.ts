import type { Column, ColumnOp } from './columns.ts';
import type { Weights } from './gemm.ts';
import type { NodeReader, Value } from './node-reader.ts';
import type { Trees } from './trees.ts';

/** The steps that operators put into a plan; each gives the columns that it stores. */
export interface Steps {
  store(columns: readonly Column[]): readonly Column[];
  gemm(columns: readonly Column[], weights: Weights): readonly Column[];
  trees(columns: readonly Column[], trees: Trees): readonly Column[];
}

/** @throws NoPlan where the node asks for what no plan can do. */
export type Operator = (node: NodeReader, steps: Steps) => Value;

export const computed = (op: ColumnOp, ...of: Column[]): Column => ({ kind: 'computed', op, of });
export const constant = (value: number): Column => ({ kind: 'constant', value });

export const softmaxOf = (of: readonly Column[], steps: Steps): Column[] => {
  const columns = steps.store(of);
  const [largest] = steps.store([columns.reduce((a, b) => computed('max', a, b))]);
  const powers = steps.store(columns.map((column) => computed('exp', computed('sub', column, largest))));
  const [sum] = steps.store([powers.reduce((a, b) => computed('add', a, b))]);
  return powers.map((power) => computed('div', power, sum));
};
