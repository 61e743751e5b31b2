import { endianness } from 'node:os';
import { BeckonError } from '../../base/errors.ts';

const FLOAT_BYTES = 4;
const LENGTH_BYTES = 4;
const IS_LITTLE = endianness() === 'LE';

/** Numbers as they stand in a binary tensor: 32-bit floats, the lowest byte first. @throws BeckonError REQUEST_INVALID */
export const floatsOf = (bytes: Uint8Array): Float32Array => {
  if (bytes.length % FLOAT_BYTES !== 0)
    throw new BeckonError('REQUEST_INVALID', `${bytes.length} bytes are no whole number of 32-bit floats`);
  const copy = new Uint8Array(bytes);
  if (!IS_LITTLE) Buffer.from(copy.buffer).swap32();
  return new Float32Array(copy.buffer);
};

export const bytesOfFloats = (numbers: Float32Array): Buffer => {
  const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return IS_LITTLE ? bytes : Buffer.from(bytes).swap32();
};

/** Texts as they stand in a binary tensor: each behind the number of its bytes. @throws BeckonError REQUEST_INVALID */
export const textsOf = (bytes: Uint8Array): string[] => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const texts: string[] = [];
  for (let at = 0; at < buffer.length; ) {
    const end = at + LENGTH_BYTES <= buffer.length ? at + LENGTH_BYTES + buffer.readUInt32LE(at) : Infinity;
    if (end > buffer.length) throw new BeckonError('REQUEST_INVALID', 'a text of a binary tensor is cut off');
    texts.push(strictText(buffer.subarray(at + LENGTH_BYTES, end)));
    at = end;
  }
  return texts;
};

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Replaced by U+FFFD, two customers would become one. @throws BeckonError REQUEST_INVALID */
export const strictText = (bytes: Uint8Array): string => {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new BeckonError('REQUEST_INVALID', 'a text is not UTF-8');
  }
};
