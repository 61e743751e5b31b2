import { BeckonError } from '../../base/errors.ts';
import type { LiveHead } from '../../inference/registry.ts';
import type { ServingParts } from '../parts.ts';

/** The input of a model that stands for all others. */
export const CUSTOMER_ID = 'customerId';
export const PLATFORM = 'onnxruntime_onnx';
/** The number of rows is free. */
const ANY = -1;

export interface TensorInfo {
  readonly name: string;
  readonly datatype: 'FP32' | 'BYTES';
  readonly shape: readonly number[];
}

/** A head in the words of the Open Inference Protocol. */
export interface ModelInfo {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: typeof PLATFORM;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

/** @param version empty for the live one. @throws BeckonError MODEL_UNKNOWN */
export const modelOf = ({ registry }: Pick<ServingParts, 'registry'>, name: string, version = ''): LiveHead => {
  const live = registry.get(name);
  if (live === undefined) {
    const names = registry.live().map(({ session }) => session.head);
    throw new BeckonError('MODEL_UNKNOWN', `there is no model '${name.slice(0, 64)}'; there are ${names.join(', ')}`);
  }
  if (!isOfVersion(live, version))
    throw new BeckonError(
      'MODEL_UNKNOWN',
      `model '${name}' is served in version ${live.session.version}, not ${version.slice(0, 64)}`,
    );
  return live;
};

/** Whether such a model answers. @param version as for {@link modelOf} */
export const isModelReady = ({ registry }: Pick<ServingParts, 'registry'>, name: string, version: string): boolean => {
  const live = registry.get(name);
  return live !== undefined && isOfVersion(live, version);
};

const isOfVersion = ({ session }: LiveHead, version: string): boolean => version === '' || version === session.version;

export const modelInfo = ({ session }: LiveHead): ModelInfo => ({
  name: session.head,
  versions: [session.version],
  platform: PLATFORM,
  inputs: [
    { name: session.inputName, datatype: 'FP32', shape: [ANY, session.inputWidth] },
    { name: CUSTOMER_ID, datatype: 'BYTES', shape: [ANY] },
  ],
  outputs: [{ name: session.outputName, datatype: 'FP32', shape: [ANY, session.outputWidth] }],
});

/** A head in the words of Triton's model configuration. */
export const modelConfig = ({ session }: LiveHead) => ({
  name: session.head,
  platform: PLATFORM,
  backend: 'onnxruntime',
  max_batch_size: 0,
  input: [
    { name: session.inputName, data_type: 'TYPE_FP32', dims: [ANY, session.inputWidth], optional: true },
    { name: CUSTOMER_ID, data_type: 'TYPE_STRING', dims: [ANY], optional: true },
  ],
  output: [{ name: session.outputName, data_type: 'TYPE_FP32', dims: [ANY, session.outputWidth] }],
});
