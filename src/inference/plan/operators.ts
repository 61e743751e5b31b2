import type { Column, ColumnOp } from './columns.ts';
import { type Constant, readConstant } from './constant.ts';
import { NoPlan } from './no-plan.ts';
import { computed, constant, type Operator, softmaxOf } from './operator.ts';
import { treeClassifier, treeRegressor } from './tree-operators.ts';

const one =
  (op: ColumnOp): Operator =>
  (node) => ({ columns: node.columns(0).map((column) => computed(op, column)) });

/** Of two inputs or, where the operator allows it, of more. */
const two =
  (combine: (a: Column, b: Column) => Column): Operator =>
  (node) => {
    const width = node.width();
    let columns = node.operand(0, width);
    for (let input = 1; input < node.inputs; input++) {
      const others = node.operand(input, width);
      columns = columns.map((column, i) => combine(column, others[i]));
    }
    return { columns };
  };

const arithmetic = (op: ColumnOp): Operator => two((a, b) => computed(op, a, b));

const isNumber = (column: Column): boolean => column.kind === 'constant' && !Number.isNaN(column.value);
const larger = (a: Column, b: Column): Column => bounded('atLeast', 'max', a, b);
const smaller = (a: Column, b: Column): Column => bounded('atMost', 'min', a, b);
const bounded = (quick: ColumnOp, op: ColumnOp, a: Column, b: Column): Column => {
  if (isNumber(b)) return computed(quick, a, b);
  return isNumber(a) ? computed(quick, b, a) : computed(op, a, b);
};

const same: Operator = (node) => node.input(0);

const clip: Operator = (node) => {
  const bound = (input: number): readonly Column[] | undefined =>
    node.optional(input) === undefined ? undefined : node.operand(input, node.columns(0).length);
  const [low, high] = [bound(1), bound(2)];
  return {
    columns: node.columns(0).map((column, i) => {
      const raised = low === undefined ? column : larger(column, low[i]);
      return high === undefined ? raised : smaller(raised, high[i]);
    }),
  };
};

const gather: Operator = (node) => {
  node.columnsAxis(node.int('axis', 0));
  const columns = node.columns(0);
  const { dims, values } = node.constant(1);
  if (dims.length !== 1) throw new NoPlan('Gather has indexes that are no list');
  return {
    columns: values.map((index) => {
      const column = columns.at(index);
      // ONNX counts from the end as `at` does.
      if (column === undefined) throw new NoPlan(`Gather asks for column ${index} of ${columns.length}`);
      return column;
    }),
  };
};

const slice: Operator = (node) => {
  const single = (input: number, standard?: number): number => {
    if (node.optional(input) === undefined && standard !== undefined) return standard;
    const { values } = node.constant(input);
    if (values.length !== 1) throw new NoPlan('Slice goes along several axes');
    return values[0];
  };
  node.columnsAxis(single(3, 0));
  if (single(4, 1) !== 1) throw new NoPlan('Slice leaves columns out');
  return { columns: node.columns(0).slice(single(1), single(2)) };
};

const concat: Operator = (node) => {
  node.columnsAxis(node.int('axis', 0));
  return { columns: Array.from({ length: node.inputs }, (_, input) => node.columns(input)).flat() };
};

const cast: Operator = (node) => {
  const FLOAT = 1;
  if (node.int('to', 0) !== FLOAT) throw new NoPlan('Cast makes another type than float');
  return { columns: node.columns(0) };
};

const matrix = (
  { dims, values }: Constant,
  isTurned: boolean,
): { inputs: number; outputs: number; values: Float32Array } => {
  if (dims.length !== 2) throw new NoPlan('a matrix has not two dimensions');
  const [inputs, outputs] = isTurned ? [dims[1], dims[0]] : dims;
  const straight = isTurned ? values.map((_, i) => values[(i % outputs) * inputs + Math.floor(i / outputs)]) : values;
  return { inputs, outputs, values: Float32Array.from(straight) };
};

const gemm: Operator = (node, steps) => {
  if (node.int('transA', 0) !== 0) throw new NoPlan('Gemm turns its rows');
  const weights = matrix(node.constant(1), node.int('transB', 0) !== 0);
  const [alpha, beta] = [node.float('alpha', 1), node.float('beta', 1)];
  const values = weights.values.map((value) => value * alpha);
  const bias = new Float32Array(weights.outputs);
  const added = node.optional(2) === undefined ? [] : node.operand(2, weights.outputs);
  // What is the same for every row is where the sums begin; what is not is added to them.
  const isBias = added.every((column) => column.kind === 'constant');
  if (isBias) bias.set(added.map((column) => (column as { value: number }).value * beta));
  const sums = steps.gemm(node.columns(0), { ...weights, values, bias });
  if (isBias) return { columns: sums };
  return {
    columns: sums.map((sum, i) =>
      computed('add', sum, beta === 1 ? added[i] : computed('mul', added[i], constant(beta))),
    ),
  };
};

const matMul: Operator = (node, steps) => {
  const weights = matrix(node.constant(1), false);
  return { columns: steps.gemm(node.columns(0), { ...weights, bias: new Float32Array(weights.outputs) }) };
};

const softmax: Operator = (node, steps) => {
  node.columnsAxis(node.int('axis', -1));
  return { columns: softmaxOf(node.columns(0), steps) };
};

const leakyRelu: Operator = (node) => {
  const alpha = constant(node.float('alpha', 0.01));
  const [zero, columns] = [constant(0), node.columns(0)];
  return {
    columns: columns.map((column) =>
      computed('add', larger(column, zero), computed('mul', smaller(column, zero), alpha)),
    ),
  };
};

/** As it is learnt: a factor and an offset for each column. */
const batchNormalization: Operator = (node) => {
  const [scale, offset, mean, variance] = [1, 2, 3, 4].map((input) => node.constant(input).values);
  const epsilon = node.float('epsilon', 1e-5);
  const columns = node.columns(0);
  if ([scale, offset, mean, variance].some(({ length }) => length !== columns.length))
    throw new NoPlan('BatchNormalization has not one number for each column');
  return {
    columns: columns.map((column, i) => {
      const centred = computed('sub', column, constant(mean[i]));
      return computed(
        'add',
        computed('mul', centred, constant(scale[i] / Math.sqrt(variance[i] + epsilon))),
        constant(offset[i]),
      );
    }),
  };
};

const scaler: Operator = (node) => {
  const at = (numbers: readonly number[], i: number): Column => constant(numbers[numbers.length === 1 ? 0 : i]);
  const [offset, scale] = [node.floats('offset'), node.floats('scale')];
  const columns = node.columns(0);
  if ([offset, scale].some(({ length }) => length !== 1 && length !== columns.length))
    throw new NoPlan('Scaler has not one number for each column');
  return {
    columns: columns.map((column, i) => computed('mul', computed('sub', column, at(offset, i)), at(scale, i))),
  };
};

const linearRegressor: Operator = (node, steps) => {
  const outputs = node.int('targets', 1);
  const columns = node.columns(0);
  const coefficients = node.floats('coefficients');
  const intercepts = node.floats('intercepts');
  if (node.text('post_transform', 'NONE') !== 'NONE' || coefficients.length !== outputs * columns.length)
    throw new NoPlan(`${node.name} is more than a product`);
  const weights = matrix({ dims: [outputs, columns.length], values: coefficients }, true);
  const bias = Float32Array.from({ length: outputs }, (_, i) => intercepts[i] ?? 0);
  return { columns: steps.gemm(columns, { ...weights, bias }) };
};

const constantNode: Operator = (node) => {
  const tensor = node.tensor('value');
  if (tensor === undefined) throw new NoPlan('Constant holds no tensor');
  return { constant: readConstant(tensor) };
};

/** Those that give the same bits whoever computes them, of the same bits. */
export const EXACT_OPERATORS: ReadonlySet<string> = new Set([
  ...'Abs Add Cast Clip Concat Constant Div Dropout Gather Identity Max Min Mul Neg Relu Slice Sqrt Sub'.split(' '),
  'ai.onnx.ml.TreeEnsembleClassifier',
  'ai.onnx.ml.TreeEnsembleRegressor',
]);

/** What a plan can do, by the names of ONNX. A graph with any other operator stays with ONNX Runtime. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    Abs: one('abs'),
    Add: arithmetic('add'),
    BatchNormalization: batchNormalization,
    Cast: cast,
    Clip: clip,
    Concat: concat,
    Constant: constantNode,
    Div: arithmetic('div'),
    Dropout: same,
    Exp: one('exp'),
    Gather: gather,
    Gemm: gemm,
    Identity: same,
    LeakyRelu: leakyRelu,
    Log: one('log'),
    MatMul: matMul,
    Max: two(larger),
    Min: two(smaller),
    Mul: arithmetic('mul'),
    Neg: one('neg'),
    Relu: (node) => ({ columns: node.columns(0).map((column) => larger(column, constant(0))) }),
    Sigmoid: one('sigmoid'),
    Slice: slice,
    Softmax: softmax,
    Sqrt: one('sqrt'),
    Sub: arithmetic('sub'),
    Tanh: one('tanh'),
    'ai.onnx.ml.LinearRegressor': linearRegressor,
    'ai.onnx.ml.Scaler': scaler,
    'ai.onnx.ml.TreeEnsembleClassifier': treeClassifier,
    'ai.onnx.ml.TreeEnsembleRegressor': treeRegressor,
  }),
);
