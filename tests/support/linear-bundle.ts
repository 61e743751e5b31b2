import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest, ManifestColumn } from '../../src/inference/manifest.ts';
import { ONNX_OPSET, onnxModel } from './onnx-model.ts';

/** A column whose probability is sigmoid(bias + Σ weight × feature). */
export interface LinearColumn extends Pick<ManifestColumn, 'name' | 'of' | 'hours'> {
  readonly bias: number;
  /** By feature; those left out weigh nothing. */
  readonly weights?: Readonly<Record<string, number>>;
}

const GOLDEN_ROWS = 20;

/** An ONNX model, sigmoid(x · W + b), as bytes. */
const linearModel = (features: readonly string[], columns: readonly LinearColumn[]): Uint8Array =>
  onnxModel({
    inputs: features.length,
    outputs: columns.length,
    nodes: [
      ['Gemm', ['x', 'w', 'b'], 'z'],
      ['Sigmoid', ['z'], 'y'],
    ],
    constants: {
      w: {
        dims: [features.length, columns.length],
        values: features.flatMap((feature) => columns.map((column) => column.weights?.[feature] ?? 0)),
      },
      b: { dims: [columns.length], values: columns.map(({ bias }) => bias) },
    },
  });

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
    opset: ONNX_OPSET,
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
