import { LIMITS } from '../../base/limits.ts';
import { GraphProto, ModelProto, type NodeProto } from '../generated/onnx/onnx.ts';
import { type Area, type Column, columnsOf, makeArea, sideBySide, storeColumns } from './columns.ts';
import { readConstant } from './constant.ts';
import { gemm, PANEL, type Weights } from './gemm.ts';
import { NoPlan } from './no-plan.ts';
import { NodeReader, type Value } from './node-reader.ts';
import type { Steps } from './operator.ts';
import { EXACT_OPERATORS, OPERATORS } from './operators.ts';
import { areForBlocks, BLOCK_ROWS, rowsOfBlocks, sumTreesOfBlocks } from './tree-blocks.ts';
import { treeClassifier, treeRegressor } from './tree-operators.ts';
import { alwaysTrue, sumTrees, type Trees, treesProblem } from './trees.ts';
import { MemoryImage, type RowsFunction } from './wasm.ts';

/** A model as WebAssembly: plain data that may be sent to another thread. */
export interface Plan {
  /** A module that exports `run(rows)` and the `memory` in which rows stand, one after the other. */
  readonly module: Uint8Array<ArrayBuffer>;
  /** What one run takes at most. */
  readonly rowsMax: number;
  readonly inputAt: number;
  readonly outputAt: number;
  /**
   * Whether trees ask only for numbers that have the same bits in ONNX Runtime. Where they do not, a last digit may send a
   * row another way, however near the answers to all other rows are.
   */
  readonly branchesAlike: boolean;
}

/** What takes more is slower to make than ONNX Runtime's session, and no faster than it to run. */
const MODULE_BYTES_MAX = 8 * 1024 * 1024;
const NODES_MAX = 1000;
const WIDTH_MAX = 4096;

/**
 * Makes a plan of a model.
 * @param bytes of model.onnx, with one input and one output of these widths
 * @throws NoPlan where the model has or is what no plan can do.
 */
export const makePlan = (bytes: Uint8Array, widths: { input: number; output: number }): Plan => {
  const graph = decode(bytes);
  if (graph.node.length > NODES_MAX) throw new NoPlan('it has too many operators');
  const constants = new Set(graph.initializer.map(({ name }) => name));
  const inputs = graph.input.filter(({ name }) => !constants.has(name));
  if (inputs.length !== 1 || graph.output.length !== 1) throw new NoPlan('it has several inputs or outputs');
  const memory = new MemoryImage();
  const rowsMax = LIMITS.scoreChunkRows;
  // Rows come and go without gaps between them.
  const input = makeArea(memory, widths.input, rowsMax, 1);
  const steps = new PlannedSteps(memory, rowsMax);
  const values = new Map<string, Value>(
    graph.initializer.map((tensor) => [tensor.name, { constant: readConstant(tensor) }]),
  );
  values.set(inputs[0].name, { columns: columnsOf(input) });
  const uses = countUses(graph);
  const rounded = new Set<string>();
  let branchesAlike = true;
  for (const node of graph.node) {
    if (!node.output.some((output) => uses.has(output))) continue;
    const { name, value, isExact, isTrees } = compute(node, values, steps);
    const asksRounded = node.input.some((input) => rounded.has(input));
    if (asksRounded || !isExact) rounded.add(name);
    if (asksRounded && isTrees) branchesAlike = false;
    // What several nodes read is computed once.
    const isShared = (uses.get(name) ?? 0) > 1;
    values.set(name, isShared && 'columns' in value ? { columns: steps.store(value.columns) } : value);
  }
  const result = values.get(graph.output[0].name);
  if (result === undefined || !('columns' in result)) throw new NoPlan('its output does not depend on its input');
  if (result.columns.length !== widths.output) throw new NoPlan('its output has another width than it says');
  const output = makeArea(memory, widths.output, rowsMax, 1);
  steps.storeIn(result.columns, output);
  const module = memory.module(steps.all);
  if (module.length > MODULE_BYTES_MAX) throw new NoPlan('it is too large');
  return { module, rowsMax, inputAt: input.at, outputAt: output.at, branchesAlike };
};

const decode = (bytes: Uint8Array): GraphProto => {
  try {
    return GraphProto.decode(ModelProto.decode(bytes).graph);
  } catch (cause) {
    throw new NoPlan(`its graph cannot be read: ${(cause as Error).message}`, { cause });
  }
};

/** How often each name is read on the way to the output; what only leads elsewhere is not there. */
const countUses = ({ node, output }: GraphProto): Map<string, number> => {
  const uses = new Map(output.map(({ name }) => [name, 1]));
  // Nodes stand in the order in which they can be computed.
  for (const { input, output } of node.toReversed())
    if (output.some((name) => uses.has(name))) for (const name of input) uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
};

interface Computed {
  readonly name: string;
  readonly value: Value;
  readonly isExact: boolean;
  readonly isTrees: boolean;
}

const compute = (node: NodeProto, values: ReadonlyMap<string, Value>, steps: Steps): Computed => {
  const reader = new NodeReader(node, values);
  const operator = OPERATORS.get(reader.name);
  if (operator === undefined) throw new NoPlan(`${reader.name} is not among its operators`);
  const value = operator(reader, steps);
  if ('columns' in value && value.columns.length > WIDTH_MAX) throw new NoPlan(`${reader.name} gives too many columns`);
  // Labels and masks are not given: whoever reads one finds nothing, and there is no plan.
  const name = node.output[operator === treeClassifier ? 1 : 0];
  const isTrees = operator === treeClassifier || operator === treeRegressor;
  return { name, value, isExact: EXACT_OPERATORS.has(reader.name), isTrees };
};

class PlannedSteps implements Steps {
  readonly all: RowsFunction[] = [];
  readonly #memory: MemoryImage;
  readonly #rowsMax: number;

  constructor(memory: MemoryImage, rowsMax: number) {
    this.#memory = memory;
    this.#rowsMax = rowsMax;
  }

  storeIn(columns: readonly Column[], area: Area): void {
    this.all.push(storeColumns(this.#memory, columns, area));
  }

  store(columns: readonly Column[]): readonly Column[] {
    if (columns.every(({ kind }) => kind !== 'computed')) return columns;
    const area = makeArea(this.#memory, columns.length, this.#rowsMax);
    this.storeIn(columns, area);
    return columnsOf(area);
  }

  gemm(columns: readonly Column[], weights: Weights): readonly Column[] {
    if (columns.length !== weights.inputs) throw new NoPlan('a matrix does not fit its input');
    const { area, at } = this.#together(columns);
    const to = makeArea(this.#memory, weights.outputs, this.#rowsMax, PANEL);
    this.all.push(gemm(this.#memory, { at, strideBytes: area.strideBytes }, weights, to));
    return columnsOf(to);
  }

  trees(columns: readonly Column[], trees: Trees): readonly Column[] {
    const problem = treesProblem(trees, columns.length + 1);
    if (problem !== undefined) throw new NoPlan(problem);
    // The last block need not be full.
    const rows = Math.ceil(this.#rowsMax / BLOCK_ROWS) * BLOCK_ROWS;
    const from = makeArea(this.#memory, columns.length + 1, rows);
    this.storeIn([...columns, { kind: 'constant', value: alwaysTrue(trees.comparison) }], from);
    const to = makeArea(this.#memory, trees.targets, rows);
    if (areForBlocks(trees)) {
      this.all.push(sumTreesOfBlocks(this.#memory, from, trees, to));
      this.all.push(sumTrees(this.#memory, from, trees, to, rowsOfBlocks));
    } else this.all.push(sumTrees(this.#memory, from, trees, to));
    return columnsOf(to);
  }

  /** Where the columns stand side by side, stored for that if they do not. */
  #together(columns: readonly Column[]): { area: Area; at: number } {
    const found = sideBySide(columns);
    if (found !== undefined) return found;
    const area = makeArea(this.#memory, columns.length, this.#rowsMax);
    this.storeIn(columns, area);
    return { area, at: area.at };
  }
}
