import {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
} from '../../src/inference/generated/onnx/onnx.ts';
import type { Manifest } from '../../src/inference/manifest.ts';

export const ONNX_OPSET = 21;
const IR_VERSION = 10;
const FLOAT = 1;
const INT64 = 7;
const [KIND_FLOAT, KIND_INT, KIND_TEXT, KIND_FLOATS, KIND_INTS, KIND_TEXTS] = [1, 2, 3, 6, 7, 8];

/** Numbers that are not whole are floats, whole ones integers; say `{ float: 1 }` where a whole number is meant as a float. */
type Attribute = number | string | readonly number[] | readonly string[] | { readonly float: number } | Floats;
interface Floats {
  readonly floats: readonly number[];
}

/** A node: operator (`domain:Name` outside of ONNX's own), inputs, output (or several, `a,b`), attributes. */
export type OnnxNode = readonly [
  op: string,
  inputs: readonly string[],
  output: string,
  attributes?: Readonly<Record<string, Attribute>>,
];

export interface OnnxTensor {
  readonly dims: readonly number[];
  readonly values: readonly number[];
  readonly isInteger?: boolean;
}

export interface OnnxGraph {
  readonly inputs: number;
  readonly outputs: number;
  readonly nodes: readonly OnnxNode[];
  /** What the nodes begin and end with; `x` and `y` where it is left out. */
  readonly input?: string;
  readonly output?: string;
  readonly constants?: Readonly<Record<string, OnnxTensor>>;
}

/** The bytes of a model with an input of the shape `[N, inputs]` and an output of the shape `[N, outputs]`. */
export const onnxModel = (model: OnnxGraph): Uint8Array => {
  const { inputs, outputs, nodes, input = 'x', output = 'y', constants = {} } = model;
  const tensorType = (width: number) => ({
    tensorType: {
      elemType: FLOAT,
      shape: {
        dim: [
          { dimValue: 0, dimParam: 'N' },
          { dimValue: width, dimParam: '' },
        ],
      },
    },
  });
  const graph = GraphProto.encode({
    node: nodes.map(nodeProto),
    initializer: Object.entries(constants).map(([name, tensor]) => tensorProto(name, tensor)),
    input: [{ name: input, type: tensorType(inputs) }],
    output: [{ name: output, type: tensorType(outputs) }],
    name: 'graph',
  }).finish();
  return ModelProto.encode({
    irVersion: IR_VERSION,
    graph,
    opsetImport: [
      { domain: '', version: ONNX_OPSET },
      { domain: 'ai.onnx.ml', version: 3 },
    ],
  }).finish();
};

const tensorProto = (name: string, { dims, values, isInteger = false }: OnnxTensor): TensorProto => ({
  ...TensorProto.decode(new Uint8Array()),
  name,
  dims: [...dims],
  dataType: isInteger ? INT64 : FLOAT,
  rawData: new Uint8Array(isInteger ? BigInt64Array.from(values, BigInt).buffer : Float32Array.from(values).buffer),
});

const nodeProto = ([op, input, output, attributes = {}]: OnnxNode): NodeProto => {
  const [opType, domain = ''] = op.split(':').reverse();
  return {
    ...NodeProto.decode(new Uint8Array()),
    input: [...input],
    output: output.split(','),
    opType,
    domain,
    attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
  };
};

const attributeProto = (name: string, value: Attribute): AttributeProto => {
  const text = (it: string): Uint8Array => new TextEncoder().encode(it);
  const attribute = { ...AttributeProto.decode(new Uint8Array()), name };
  if (typeof value === 'string') return { ...attribute, type: KIND_TEXT, s: text(value) };
  if (typeof value === 'number') {
    return Number.isInteger(value)
      ? { ...attribute, type: KIND_INT, i: value }
      : { ...attribute, type: KIND_FLOAT, f: value };
  }
  if ('float' in value) return { ...attribute, type: KIND_FLOAT, f: value.float };
  if ('floats' in value) return { ...attribute, type: KIND_FLOATS, floats: [...value.floats] };
  return typeof value[0] === 'string'
    ? { ...attribute, type: KIND_TEXTS, strings: value.map((it) => text(String(it))) }
    : { ...attribute, type: KIND_INTS, ints: value.map(Number) };
};

/** What a bundle would say of such a model. */
export const onnxManifest = (inputs: number, outputs: number): Manifest => ({
  formatVersion: 1,
  name: 'test',
  version: '1',
  head: 'test',
  pack: 'test',
  sha256: '0'.repeat(64),
  opset: ONNX_OPSET,
  input: {
    name: 'x',
    features: Array.from({ length: inputs }, (_, i) => ({ name: `f${i}`, default: 0, min: -3, max: 9 })),
  },
  context: [],
  output: {
    name: 'y',
    columns: Array.from({ length: outputs }, (_, i) => ({ name: `c${i}`, means: 'a number', kind: 'score' as const })),
  },
  calibration: {},
  training: { data: 'made up', from: '2026-01-01', until: '2026-01-01', rows: 0 },
  metrics: {},
});
