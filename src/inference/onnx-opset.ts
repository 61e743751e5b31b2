import { ModelProto } from './generated/onnx/onnx.ts';

/**
 * The version of the default operator set that an ONNX file asks for. ONNX Runtime for Node does not show it.
 * @returns undefined where the bytes are not a whole ONNX model.
 */
export const onnxOpset = (bytes: Uint8Array): number | undefined => {
  try {
    const { irVersion, opsetImport } = ModelProto.decode(bytes);
    return irVersion > 0 ? opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version : undefined;
  } catch {
    // A field that ends after the file, or what no message holds.
    return undefined;
  }
};
