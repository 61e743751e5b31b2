import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { makePlan } from '../../src/inference/plan/plan.ts';
import { type OnnxGraph, type OnnxNode, type OnnxTensor, onnxModel } from '../support/onnx-model.ts';
import { onnxRows, planRows } from '../support/plan-runs.ts';

const wave = (length: number, seed: number): number[] =>
  Array.from({ length }, (_, i) => Math.fround(Math.sin((i + 1) * (seed + 1.37)) * 2));

/** As the product of a row is told in its documentation: the bias, then the inputs in order, each step a float32. */
const slowGemm = (row: Float32Array, weights: readonly number[], bias: readonly number[]): number[] =>
  bias.map((start, output) =>
    row.reduce((sum, x, input) => Math.fround(sum + Math.fround(x * weights[input * bias.length + output])), start),
  );

test('a product has the bits of its slow twin, for any sizes and any number of rows', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 21 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 140 }),
      fc.nat(1000),
      (inputs, outputs, rows, seed) => {
        const [w, b, x] = [wave(inputs * outputs, seed), wave(outputs, seed + 1), wave(rows * inputs, seed + 2)];
        const input = Float32Array.from(x);
        const got = planRows(
          {
            inputs,
            outputs,
            nodes: [['Gemm', ['x', 'w', 'b'], 'y']],
            constants: { w: { dims: [inputs, outputs], values: w }, b: { dims: [outputs], values: b } },
          },
          input,
        );
        const wanted = Array.from({ length: rows }, (_, row) =>
          slowGemm(input.subarray(row * inputs, (row + 1) * inputs), w, b),
        );
        assert.deepEqual(got, Float32Array.from(wanted.flat()));
      },
    ),
  );
});

const EXACT = ['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min'] as const;
const EXACT_OF_ONE = ['Neg', 'Abs', 'Sqrt', 'Relu', 'Identity'] as const;

/** A chain of operators that are exact in float32: of columns with constants, with columns before them, and picked anew. */
const exactGraph = (inputs: number, draws: readonly number[]): OnnxGraph => {
  const nodes: OnnxNode[] = [];
  const constants: Record<string, OnnxTensor> = {};
  const widths = new Map([['x', inputs]]);
  let last = 'x';
  for (const [i, draw] of draws.entries()) {
    const name = `v${i}`;
    const width = widths.get(last) as number;
    const constant = (suffix: string, values: readonly number[], isInteger = false): string => {
      constants[name + suffix] = { dims: [values.length], values, isInteger };
      return name + suffix;
    };
    let wide = width;
    if (draw % 4 === 0) {
      const other = [...widths].filter(([, its]) => its === width)[0][0];
      const with2 = draw % 8 === 0 ? other : constant('c', wave(draw % 3 === 0 ? 1 : width, draw));
      nodes.push([EXACT[draw % EXACT.length], draw % 5 === 0 ? [with2, last] : [last, with2], name]);
    } else if (draw % 4 === 1) nodes.push([EXACT_OF_ONE[draw % EXACT_OF_ONE.length], [last], name]);
    else if (draw % 4 === 2) {
      wide = 1 + (draw % 9);
      const places = Array.from({ length: wide }, (_, k) => ((k * draw) % (2 * width)) - width);
      nodes.push(['Gather', [last, constant('i', places, true)], name, { axis: 1 }]);
    } else if (draw % 3 === 0 && width > 1) {
      wide = width - 1;
      const ends = [constant('f', [1], true), constant('t', [2 ** 40], true), constant('a', [1], true)];
      nodes.push(['Slice', [last, ...ends], name]);
    } else {
      nodes.push(['Concat', [last, 'x'], name, { axis: -1 }]);
      wide = width + inputs;
    }
    widths.set(name, wide);
    last = name;
  }
  nodes.push(['Identity', [last], 'y']);
  return { inputs, outputs: widths.get(last) as number, nodes, constants };
};

const SPECIAL = [Number.NaN, Infinity, -Infinity, 1e38, -1e-38, 3];

test('graphs of exact operators have the bits of ONNX Runtime, NaN and infinities too', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.nat(10_000), { minLength: 1, maxLength: 12 }),
      fc.nat(100),
      (inputs, draws, seed) => {
        const graph = exactGraph(inputs, draws);
        const input = Float32Array.from(wave(inputs * 70, seed), (x, i) => (i % 11 === 0 ? SPECIAL[i % 6] : x));
        const [got, wanted] = [planRows(graph, input), onnxRows(t, graph, input)];
        // NaN has many bits and no meaning in them; so has the sign of 0 where the larger of two is asked for.
        for (const [i, number] of wanted.entries()) assert(Object.is(got[i], number) || got[i] === number);
      },
    ),
    { numRuns: 150 },
  );
});

const mlp = (inputs: number, widths: readonly number[], ends: readonly OnnxNode[]): OnnxGraph => {
  const constants: Record<string, OnnxTensor> = {};
  const nodes: OnnxNode[] = [];
  let before = inputs;
  let last = 'x';
  for (const [i, width] of widths.entries()) {
    // As one exporter writes them, turned, and as another does.
    constants[`w${i}`] = { dims: i % 2 ? [before, width] : [width, before], values: wave(before * width, i) };
    constants[`b${i}`] = { dims: [width], values: wave(width, i + 9) };
    if (i % 2) nodes.push(['MatMul', [last, `w${i}`], `m${i}`], ['Add', [`m${i}`, `b${i}`], `z${i}`]);
    else nodes.push(['Gemm', [last, `w${i}`, `b${i}`], `z${i}`, { transB: 1, alpha: 0.5, beta: 1.5 }]);
    nodes.push([i % 2 ? 'Tanh' : 'Relu', [`z${i}`], `h${i}`]);
    [before, last] = [width, `h${i}`];
  }
  return { inputs, outputs: before, nodes: [...nodes, ['Identity', [last], 'last'], ...ends], constants };
};

test('small networks are those of ONNX Runtime, and a row has the same bits in any batch', (t) => {
  for (const ends of [[['Softmax', ['last'], 'y']], [['Sigmoid', ['last'], 'y']]] as OnnxNode[][]) {
    const graph = mlp(7, [33, 12, 5], ends);
    const input = Float32Array.from(wave(7 * 150, 3));
    const wanted = onnxRows(t, graph, input);
    const got = planRows(graph, input);
    for (const [i, number] of wanted.entries()) assert(Math.abs(got[i] - number) < 2e-6, `${got[i]}, not ${number}`);
    for (const size of [1, 2, 3, 5, 64])
      for (let row = 0; row + size <= 20; row += size) {
        const some = planRows(graph, input.subarray(row * 7, (row + size) * 7));
        assert.deepEqual(some, got.subarray(row * 5, (row + size) * 5), `in batches of ${size}`);
      }
  }
});

test('what exporters put around a network is done, and what only leads to a label is left out', (t) => {
  const numbers = (values: readonly number[]): OnnxTensor => ({ dims: [values.length], values });
  const graph: OnnxGraph = {
    inputs: 3,
    outputs: 2,
    nodes: [
      ['ai.onnx.ml:Scaler', ['x'], 'scaled', { offset: { floats: [1, -2, 0.5] }, scale: { floats: [0.5, 2, 1] } }],
      ['BatchNormalization', ['scaled', 'g', 'b', 'm', 'v'], 'n'],
      ['LeakyRelu', ['n'], 'l', { alpha: 0.2 }],
      ['Clip', ['l', 'low', 'high'], 'c'],
      ['Dropout', ['c'], 'd,mask'],
      ['ArgMax', ['d'], 'label', { axis: 1 }],
      ['Cast', ['d'], 'e', { to: 1 }],
      [
        'ai.onnx.ml:LinearRegressor',
        ['e'],
        'r',
        { coefficients: { floats: wave(6, 4) }, intercepts: { floats: [0.5, -1] }, targets: 2 },
      ],
      ['Softmax', ['r'], 'y'],
    ],
    constants: {
      g: numbers([1, 2, -1]),
      b: numbers([0, 0.5, 1]),
      m: numbers([0.1, 0.2, 0.3]),
      v: numbers([1, 4, 0.25]),
      low: { dims: [], values: [-1.5] },
      high: { dims: [], values: [2] },
    },
  };
  const input = Float32Array.from(wave(3 * 100, 3));
  const wanted = onnxRows(t, graph, input);
  for (const [i, got] of planRows(graph, input).entries()) assert(Math.abs(got - wanted[i]) < 1e-6);
});

test('what a plan cannot do is said', () => {
  const vector: OnnxTensor = { dims: [2], values: [1, 2] };
  for (const [nodes, reason] of [
    [[['Erf', ['x'], 'y']], /^Erf is not among its operators$/],
    [[['com.example:Add', ['x', 'x'], 'y']], /^com\.example\.Add is not/],
    [[['Add', ['x', 'nothing'], 'y']], /"nothing", which nothing gives/],
    [[['Add', ['x', 'c'], 'y']], /2 and 3 columns/],
    [[['Gemm', ['x', 'x'], 'y']], /input 1 that is not constant/],
    [[['Gather', ['x', 'c'], 'y']], /along axis 0/],
    [[['Gather', ['x', 'far'], 'y', { axis: 1 }]], /column 9 of 3/],
    [[['Identity', ['c'], 'y']], /does not depend on its input/],
    [[['Identity', ['x'], 'z']], /does not depend on its input/],
    [[['Concat', ['x', 'x'], 'y', { axis: 1 }]], /another width/],
    [
      Array.from({ length: 40 }, (_, i) => [
        'Concat',
        [`${i || 'x'}`, `${i || 'x'}`],
        i < 39 ? `${i + 1}` : 'y',
        { axis: 1 },
      ]),
      /too many/,
    ],
  ] as [OnnxNode[], RegExp][]) {
    const constants = { c: vector, far: { dims: [1], values: [9], isInteger: true } };
    const model = onnxModel({ inputs: 3, outputs: 3, nodes, constants });
    assert.throws(() => makePlan(model, { input: 3, output: 3 }), { message: reason });
  }
});
