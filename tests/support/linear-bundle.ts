import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest, ManifestColumn } from '../../src/inference/manifest.ts';

/** A column whose probability is sigmoid(bias + Σ weight × feature). */
export interface LinearColumn extends Pick<ManifestColumn, 'name' | 'of' | 'hours'> {
  readonly bias: number;
  /** By feature; those left out weigh nothing. */
  readonly weights?: Readonly<Record<string, number>>;
}

const OPSET = 21;
const IR_VERSION = 10;
const FLOAT = 1;
const GOLDEN_ROWS = 20;

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
};
/** Fields of a protobuf message. */
const int = (field: number, value: number): Buffer => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field: number, ...parts: (Buffer | string)[]): Buffer => {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
};

const tensor = (name: string, dims: readonly number[], values: readonly number[]): Buffer =>
  Buffer.concat([
    ...dims.map((dim) => int(1, dim)),
    int(2, FLOAT),
    bytes(8, name),
    bytes(9, Buffer.from(Float32Array.from(values).buffer)),
  ]);
const node = (op: string, inputs: readonly string[], output: string): Buffer =>
  Buffer.concat([...inputs.map((input) => bytes(1, input)), bytes(2, output), bytes(4, op)]);
const valueInfo = (name: string, width: number): Buffer =>
  Buffer.concat([
    bytes(1, name),
    bytes(2, bytes(1, int(1, FLOAT), bytes(2, bytes(1, bytes(2, 'N')), bytes(1, int(1, width))))),
  ]);

/** An ONNX model, sigmoid(x · W + b), as bytes. */
const linearModel = (features: readonly string[], columns: readonly LinearColumn[]): Buffer => {
  const weights = features.flatMap((feature) => columns.map((column) => column.weights?.[feature] ?? 0));
  const graph = Buffer.concat([
    bytes(1, node('Gemm', ['x', 'w', 'b'], 'z')),
    bytes(1, node('Sigmoid', ['z'], 'y')),
    bytes(2, 'linear'),
    bytes(5, tensor('w', [features.length, columns.length], weights)),
    bytes(
      5,
      tensor(
        'b',
        [columns.length],
        columns.map(({ bias }) => bias),
      ),
    ),
    bytes(11, valueInfo('x', features.length)),
    bytes(12, valueInfo('y', columns.length)),
  ]);
  return Buffer.concat([int(1, IR_VERSION), bytes(7, graph), bytes(8, bytes(1, ''), int(2, OPSET))]);
};

/** What the model makes of a row. */
export const linearOutput = (column: LinearColumn, row: Readonly<Record<string, number>>): number => {
  const z = Object.entries(column.weights ?? {}).reduce((sum, [name, weight]) => sum + weight * row[name], column.bias);
  return 1 / (1 + Math.exp(-z));
};

/** Writes a bundle below a pack's folder: real ONNX, made without Python. */
export const writeLinearBundle = (
  packFolder: string,
  bundle: { pack: string; head: string; features: readonly string[]; columns: readonly LinearColumn[] },
): void => {
  const { pack, head, features, columns } = bundle;
  const folder = join(packFolder, head, '1');
  mkdirSync(folder, { recursive: true });
  const model = linearModel(features, columns);
  const rows = Array.from({ length: GOLDEN_ROWS }, (_, i) => features.map((_, f) => ((i * 7 + f * 3) % 5) / 2));
  const named = (row: readonly number[]) => Object.fromEntries(features.map((name, i) => [name, row[i]]));
  const manifest: Manifest = {
    formatVersion: 1,
    name: `${pack}-${head}`,
    version: '1',
    head,
    pack,
    sha256: createHash('sha256').update(model).digest('hex'),
    opset: OPSET,
    input: { name: 'x', features: features.map((name) => ({ name, default: 0, min: -1, max: 10 })) },
    context: [],
    output: {
      name: 'y',
      columns: columns.map(({ name, of, hours }) => ({
        name,
        ...(of === undefined ? {} : { of }),
        ...(hours === undefined ? {} : { hours }),
        means: `test column ${name}`,
        kind: 'propensity',
      })),
    },
    calibration: { method: 'none' },
    training: { data: 'made up', from: '2026-01-01', until: '2026-01-01', rows: 0 },
    metrics: {},
  };
  const expected = rows.map((row) => columns.map((column) => linearOutput(column, named(row))));
  writeFileSync(join(folder, 'model.onnx'), model);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'golden.json'), JSON.stringify({ tolerance: 1e-4, rows, expected }));
  writeFileSync(join(folder, 'CARD.md'), '# Made for a test\n');
};
