import type { TensorProto } from '../generated/onnx/onnx.ts';
import { NoPlan } from './no-plan.ts';

/** A tensor of the file. */
export interface Constant {
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

const [FLOAT, INT64] = [1, 7];
const EXTERNAL = 1;

/** @throws NoPlan where it is neither of float32 nor of int64, or is not whole. */
export const readConstant = ({ name, dims, dataType, dataLocation, ...data }: TensorProto): Constant => {
  if ((dataType !== FLOAT && dataType !== INT64) || dataLocation === EXTERNAL)
    throw new NoPlan(`the constant "${name}" is of another type`);
  // Raw data are little-endian, as all machines are that Node runs on and ONNX Runtime is built for.
  const raw = Uint8Array.from(data.rawData).buffer;
  const values =
    dataType === FLOAT
      ? [...data.floatData, ...new Float32Array(raw, 0, Math.floor(raw.byteLength / 4))]
      : [...data.int64Data, ...Array.from(new BigInt64Array(raw, 0, Math.floor(raw.byteLength / 8)), Number)];
  if (values.length !== dims.reduce((product, size) => product * size, 1))
    throw new NoPlan(`the constant "${name}" is not whole`);
  return { dims, values };
};
