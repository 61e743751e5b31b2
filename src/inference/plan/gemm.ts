import type { Area } from './columns.ts';
import { type Code, doWhile, f32x4, i32, type MemoryImage, RowsFunction, v128, when } from './wasm.ts';

/** A matrix `[inputs, outputs]` of constants, row by row, and what is added to each output. */
export interface Weights {
  readonly inputs: number;
  readonly outputs: number;
  readonly values: Float32Array;
  readonly bias: Float32Array;
}

/** Columns of a panel: two vectors. With four rows that is eight sums, and registers for what they take. */
export const PANEL = 8;
const ROWS = 4;
const FLOAT_BYTES = 4;
const VECTOR_BYTES = 16;
const PANEL_BYTES = PANEL * FLOAT_BYTES;
/** Inputs of one turn of the innermost loop, so that its counter costs little. */
const UNROLLED = 4;

/**
 * The step `to = from × weights + bias`.
 *
 *     panel 0            panel 1
 *     bias of 8 outputs  bias of the next 8 …
 *     input 0 × 8        input 0 × 8
 *     input 1 × 8 …      input 1 × 8 …
 *
 * Each sum begins with the bias and adds the products in the order of the inputs, whether its row is one of four or alone:
 * a row has the same bits in any batch.
 * @param from the first input of the first row, and the bytes from row to row
 * @param to has a stride of whole panels
 */
export const gemm = (
  memory: MemoryImage,
  from: { at: number; strideBytes: number },
  weights: Weights,
  to: Area,
): RowsFunction => {
  const { inputs } = weights;
  const panels = Math.ceil(weights.outputs / PANEL);
  const f = new RowsFunction();
  const [weight, input, inputEnd, output, left, panel, column] = Array.from({ length: 7 }, () => f.local('i32'));
  const sums = Array.from({ length: ROWS * 2 }, () => f.local('v128'));
  const [low, high, x] = [f.local('v128'), f.local('v128'), f.local('v128')];
  const first = memory.put(packed(weights, panels));
  const panelBytes = (inputs + 1) * PANEL_BYTES;

  const products = (rows: number, index: number): Code => [
    low.set(v128.load(weight.get, index * PANEL_BYTES)),
    high.set(v128.load(weight.get, index * PANEL_BYTES + VECTOR_BYTES)),
    Array.from({ length: rows }, (_, row) => [
      x.set(v128.loadSplat(input.get, from.at + row * from.strideBytes + index * FLOAT_BYTES)),
      sums[row * 2].set(f32x4.add(sums[row * 2].get, f32x4.mul(x.get, low.get))),
      sums[row * 2 + 1].set(f32x4.add(sums[row * 2 + 1].get, f32x4.mul(x.get, high.get))),
    ]),
  ];
  const several = (rows: number, count: number): Code => [
    Array.from({ length: count }, (_, index) => products(rows, index)),
    weight.set(i32.add(weight.get, i32.const(count * PANEL_BYTES))),
    input.set(i32.add(input.get, i32.const(count * FLOAT_BYTES))),
  ];
  const whole = Math.floor(inputs / UNROLLED) * UNROLLED;
  const block = (rows: number): Code => [
    weight.set(i32.add(panel.get, i32.const(PANEL_BYTES))),
    sums.slice(0, rows * 2).map((sum, i) => sum.set(v128.load(panel.get, (i % 2) * VECTOR_BYTES))),
    inputEnd.set(i32.add(input.get, i32.const(whole * FLOAT_BYTES))),
    whole === 0 ? [] : doWhile(several(rows, UNROLLED), i32.lessThan(input.get, inputEnd.get)),
    several(rows, inputs - whole),
    sums
      .slice(0, rows * 2)
      .map((sum, i) =>
        v128.store(output.get, to.at + Math.floor(i / 2) * to.strideBytes + (i % 2) * VECTOR_BYTES, sum.get),
      ),
    input.set(i32.add(input.get, i32.const(rows * from.strideBytes - inputs * FLOAT_BYTES))),
    output.set(i32.add(output.get, i32.const(rows * to.strideBytes))),
    left.set(i32.sub(left.get, i32.const(rows))),
  ];
  const blocks = (rows: number): Code =>
    when(i32.atLeast(left.get, i32.const(rows)), doWhile(block(rows), i32.atLeast(left.get, i32.const(rows))));

  f.emit(
    panel.set(i32.const(first)),
    doWhile(
      [
        left.set(f.rows.get),
        input.set(i32.const(0)),
        output.set(column.get),
        blocks(ROWS),
        blocks(1),
        panel.set(i32.add(panel.get, i32.const(panelBytes))),
        column.set(i32.add(column.get, i32.const(PANEL_BYTES))),
      ],
      i32.lessThan(panel.get, i32.const(first + panels * panelBytes)),
    ),
  );
  return f;
};

const packed = ({ inputs, outputs, values, bias }: Weights, panels: number): Float32Array => {
  const numbers = new Float32Array(panels * (inputs + 1) * PANEL);
  for (let output = 0; output < outputs; output++) {
    const panel = Math.floor(output / PANEL) * (inputs + 1) * PANEL + (output % PANEL);
    numbers[panel] = bias[output];
    for (let input = 0; input < inputs; input++)
      numbers[panel + (input + 1) * PANEL] = values[input * outputs + output];
  }
  return numbers;
};
