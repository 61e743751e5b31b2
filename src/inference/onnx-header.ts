/** What an ONNX file says about itself before its graph. ONNX Runtime for Node does not show these. */
export interface OnnxHeader {
  readonly irVersion: number;
  /** Version of the default operator set. */
  readonly opset: number;
}

// Field numbers of onnx.ModelProto and onnx.OperatorSetIdProto.
const MODEL_IR_VERSION = 1;
const MODEL_OPSET_IMPORT = 8;
const OPSET_DOMAIN = 1;
const OPSET_VERSION = 2;

/**
 * Reads the outermost fields of the protobuf message; the graph is passed over by its length.
 * @returns undefined where the bytes are not a whole ONNX model.
 */
export const readOnnxHeader = (bytes: Uint8Array): OnnxHeader | undefined => {
  let irVersion: number | undefined;
  let opset: number | undefined;
  const whole = eachField(bytes, (field, value) => {
    if (field === MODEL_IR_VERSION && typeof value === 'number') irVersion = value;
    if (field !== MODEL_OPSET_IMPORT || typeof value === 'number') return;
    let domain = '';
    let version = 0;
    eachField(value, (inner, content) => {
      if (inner === OPSET_DOMAIN && typeof content !== 'number') domain = new TextDecoder().decode(content);
      if (inner === OPSET_VERSION && typeof content === 'number') version = content;
    });
    if (domain === '' || domain === 'ai.onnx') opset = version;
  });
  return whole && irVersion !== undefined && opset !== undefined ? { irVersion, opset } : undefined;
};

/** @returns false where the message ends inside a field or holds a wire type that ONNX does not use. */
const eachField = (bytes: Uint8Array, visit: (field: number, value: number | Uint8Array) => void): boolean => {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  while (at < bytes.length) {
    const key = varint();
    const wire = key & 7;
    const field = Math.floor(key / 8);
    if (Number.isNaN(key) || field === 0) return false;
    if (wire === 0) {
      const value = varint();
      if (Number.isNaN(value)) return false;
      visit(field, value);
      continue;
    }
    const length = wire === 2 ? varint() : wire === 1 ? 8 : wire === 5 ? 4 : Number.NaN;
    if (!(at + length <= bytes.length)) return false;
    if (wire === 2) visit(field, bytes.subarray(at, at + length));
    at += length;
  }
  return true;
};
