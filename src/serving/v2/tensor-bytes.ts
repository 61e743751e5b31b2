import { endianness } from 'node:os';
import { BeckonError } from '../../base/errors.ts';

const FLOAT_BYTES = 4;
const LENGTH_BYTES = 4;
const IS_LITTLE = endianness() === 'LE';

/** Used again: an allocation outside the heap for each request would have the collector run every few of them. */
let scratch = new Uint8Array(0);

/**
 * Numbers as they stand in a binary tensor: 32-bit floats, the lowest byte first.
 * @returns what the next call overwrites: to be read before the turn of the loop is over
 * @throws BeckonError REQUEST_INVALID
 */
export const floatsOf = (bytes: Uint8Array): Float32Array => {
  if (bytes.length % FLOAT_BYTES !== 0)
    throw new BeckonError('REQUEST_INVALID', `${bytes.length} bytes are no whole number of 32-bit floats`);
  if (scratch.length < bytes.length) scratch = new Uint8Array(bytes.length);
  scratch.set(bytes);
  if (!IS_LITTLE) Buffer.from(scratch.buffer, 0, bytes.length).swap32();
  return new Float32Array(scratch.buffer, 0, bytes.length / FLOAT_BYTES);
};

/** Numbers as 32-bit floats. @returns what the next call overwrites, as {@link floatsOf} */
export const float32Of = (numbers: readonly number[]): Float32Array => {
  const bytes = numbers.length * FLOAT_BYTES;
  if (scratch.length < bytes) scratch = new Uint8Array(bytes);
  const floats = new Float32Array(scratch.buffer, 0, numbers.length);
  floats.set(numbers);
  return floats;
};

/** Makes numbers what they are in a binary tensor. @returns their bytes */
export const turnToWire = (numbers: Float32Array): Buffer => {
  const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return IS_LITTLE ? bytes : bytes.swap32();
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
