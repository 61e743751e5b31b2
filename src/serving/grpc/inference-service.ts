import { BeckonError } from '../../base/errors.ts';
import type { LiveHead } from '../../inference/registry.ts';
import type { ServingParts } from '../parts.ts';
import { EXTENSIONS } from '../v2/extensions.ts';
import { answerNumbers, checkOutputs, type GivenTensor, infer, inferenceOf } from '../v2/infer.ts';
import { CUSTOMER_ID, isModelReady, modelInfo, modelOf, PLATFORM } from '../v2/model.ts';
import { statisticsOf } from '../v2/statistics.ts';
import { floatsOf, strictText, textsOf, turnToWire } from '../v2/tensor-bytes.ts';
import { type BehindNow, unary } from './call.ts';
import {
  DataType,
  type GRPCInferenceServiceServer,
  type ModelInferRequest,
  type ModelInferRequest_InferInputTensor,
} from './generated/inference/grpc_service.ts';

/** The Open Inference Protocol over gRPC. */
export const inferenceService = (behind: BehindNow, version: string): GRPCInferenceServiceServer => ({
  serverLive: unary(
    'GRPCInferenceService/ServerLive',
    behind,
    (_, _parts, done) => done(undefined, { live: true }),
    true,
  ),
  serverReady: unary(
    'GRPCInferenceService/ServerReady',
    behind,
    (_, { notReady }, done) => done(undefined, { ready: notReady() === undefined }),
    true,
  ),
  serverMetadata: unary('GRPCInferenceService/ServerMetadata', behind, (_, _parts, done) =>
    done(undefined, { name: 'beckon', version, extensions: [...EXTENSIONS] }),
  ),
  modelReady: unary('GRPCInferenceService/ModelReady', behind, ({ name, version: asked }, parts, done) =>
    done(undefined, { ready: isModelReady(parts, name, asked) }),
  ),
  modelMetadata: unary('GRPCInferenceService/ModelMetadata', behind, ({ name, version: asked }, parts, done) => {
    const { versions, inputs, outputs, ...info } = modelInfo(modelOf(parts, name, asked));
    const tensors = (list: typeof inputs) => list.map(({ shape, ...tensor }) => ({ ...tensor, shape: [...shape] }));
    done(undefined, { ...info, versions: [...versions], inputs: tensors(inputs), outputs: tensors(outputs) });
  }),
  modelConfig: unary('GRPCInferenceService/ModelConfig', behind, ({ name, version: asked }, parts, done) => {
    const { session } = modelOf(parts, name, asked);
    const input = [
      { name: session.inputName, dataType: DataType.TYPE_FP32, dims: [-1, session.inputWidth], optional: true },
      { name: CUSTOMER_ID, dataType: DataType.TYPE_STRING, dims: [-1], optional: true },
    ];
    const output = [{ name: session.outputName, dataType: DataType.TYPE_FP32, dims: [-1, session.outputWidth] }];
    const config = { name, platform: PLATFORM, backend: 'onnxruntime', maxBatchSize: 0, input, output };
    done(undefined, { config });
  }),
  modelStatistics: unary('GRPCInferenceService/ModelStatistics', behind, ({ name, version: asked }, parts, done) => {
    const live = modelOf(parts, name, asked);
    const { inferences, succeeded, succeededNs, failed, failedNs, lastMs } = statisticsOf(live);
    const inferenceStats = { success: { count: succeeded, ns: succeededNs }, fail: { count: failed, ns: failedNs } };
    const counts = { lastInference: lastMs, inferenceCount: inferences, executionCount: succeeded };
    done(undefined, { modelStats: [{ name, version: live.session.version, ...counts, inferenceStats }] });
  }),
  modelInfer: unary('GRPCInferenceService/ModelInfer', behind, (question, parts, done) =>
    answer(question, parts, (error, numbers, { session }, shape) => {
      if (error !== undefined) return done(error);
      const tensor = { name: session.outputName, datatype: 'FP32', shape: [...shape], parameters: {} };
      done(undefined, {
        modelName: session.head,
        modelVersion: session.version,
        id: question.id,
        parameters: {},
        outputs: [{ ...tensor, contents: undefined }],
        rawOutputContents: [turnToWire(numbers)],
      });
    }),
  ),
});

const answer = (
  { modelName, modelVersion, inputs, outputs, rawInputContents }: ModelInferRequest,
  parts: ServingParts,
  done: (error: BeckonError | undefined, numbers: Float32Array, live: LiveHead, shape: readonly number[]) => void,
): void => {
  const live = modelOf(parts, modelName, modelVersion);
  checkOutputs(
    live,
    outputs.map(({ name }) => name),
  );
  if (rawInputContents.length > 0 && rawInputContents.length !== inputs.length)
    throw new BeckonError(
      'REQUEST_INVALID',
      `${rawInputContents.length} raw contents were given for ${inputs.length} inputs`,
    );
  const tensors = inputs.map((input, i) => tensorOf(input, rawInputContents[i]));
  const inference = inferenceOf(live, tensors);
  const numbers = new Float32Array(answerNumbers(inference));
  infer(parts, inference, numbers, (error) => done(error, numbers, live, [inference.rows, live.session.outputWidth]));
};

/** @throws BeckonError REQUEST_INVALID */
const tensorOf = (
  { name, datatype, shape, contents }: ModelInferRequest_InferInputTensor,
  raw: Uint8Array | undefined,
): GivenTensor => {
  const given = { name, datatype, shape };
  if (datatype === 'BYTES')
    return { ...given, texts: raw === undefined ? (contents?.bytesContents ?? []).map(strictText) : textsOf(raw) };
  return { ...given, numbers: raw === undefined ? Float32Array.from(contents?.fp32Contents ?? []) : floatsOf(raw) };
};
