import type { AttributeProto, NodeProto } from '../generated/onnx/onnx.ts';
import type { Column } from './columns.ts';
import type { Constant } from './constant.ts';
import { NoPlan } from './no-plan.ts';

/** What a name of the graph stands for: columns of the rows, or a constant of the file. */
export type Value = { readonly columns: readonly Column[] } | { readonly constant: Constant };

const UTF8 = new TextDecoder();

/** Inputs and attributes of one node, each asked for as what it must be. */
export class NodeReader {
  readonly name: string;
  readonly #node: NodeProto;
  readonly #values: ReadonlyMap<string, Value>;
  readonly #attributes: Map<string, AttributeProto>;

  constructor(node: NodeProto, values: ReadonlyMap<string, Value>) {
    this.name = node.domain === '' || node.domain === 'ai.onnx' ? node.opType : `${node.domain}.${node.opType}`;
    this.#node = node;
    this.#values = values;
    this.#attributes = new Map(node.attribute.map((attribute) => [attribute.name, attribute]));
  }

  get inputs(): number {
    return this.#node.input.length;
  }

  input(index: number): Value {
    const value = this.optional(index);
    if (value === undefined) throw new NoPlan(`${this.name} lacks input ${index}`);
    return value;
  }

  optional(index: number): Value | undefined {
    const name = this.#node.input[index] ?? '';
    const value = this.#values.get(name);
    if (value === undefined && name !== '') throw new NoPlan(`${this.name} reads "${name}", which nothing gives`);
    return value;
  }

  columns(index: number): readonly Column[] {
    const value = this.input(index);
    if ('columns' in value) return value.columns;
    throw new NoPlan(`${this.name} has a constant as input ${index}`);
  }

  constant(index: number): Constant {
    const value = this.input(index);
    if ('constant' in value) return value.constant;
    throw new NoPlan(`${this.name} has an input ${index} that is not constant`);
  }

  /** Columns, or a constant that is the same for every row, as wide as `width`; a single one counts for all. */
  operand(index: number, width: number): readonly Column[] {
    const value = this.input(index);
    const columns = 'columns' in value ? value.columns : columnsOf(this.name, value.constant);
    if (columns.length === width) return columns;
    if (columns.length === 1) return Array<Column>(width).fill(columns[0]);
    throw new NoPlan(`${this.name} has inputs of ${columns.length} and ${width} columns`);
  }

  /** How many columns the widest of the inputs has. */
  width(): number {
    const widths = Array.from({ length: this.inputs }, (_, index) => {
      const value = this.input(index);
      return 'columns' in value ? value.columns.length : value.constant.values.length;
    });
    return Math.max(...widths);
  }

  int(name: string, standard: number): number {
    return this.#attributes.get(name)?.i ?? standard;
  }

  float(name: string, standard: number): number {
    return this.#attributes.get(name)?.f ?? standard;
  }

  text(name: string, standard: string): string {
    const attribute = this.#attributes.get(name);
    return attribute === undefined ? standard : UTF8.decode(attribute.s);
  }

  ints(name: string): readonly number[] {
    return this.#attributes.get(name)?.ints ?? [];
  }

  floats(name: string): readonly number[] {
    return this.#attributes.get(name)?.floats ?? [];
  }

  texts(name: string): string[] {
    return (this.#attributes.get(name)?.strings ?? []).map((bytes) => UTF8.decode(bytes));
  }

  tensor(name: string): AttributeProto['t'] {
    return this.#attributes.get(name)?.t;
  }

  /** @throws NoPlan unless that is the axis of the columns. */
  columnsAxis(axis: number): void {
    if (axis !== 1 && axis !== -1) throw new NoPlan(`${this.name} goes along axis ${axis}`);
  }
}

/** One constant for each column, of the shape `[C]`, `[1, C]`, `[1]` or `[]`. */
const columnsOf = (name: string, { dims, values }: Constant): Column[] => {
  if (dims.slice(0, -1).some((size) => size !== 1) || dims.length > 2)
    throw new NoPlan(`${name} has a constant of rows`);
  return values.map((value) => ({ kind: 'constant', value }));
};
