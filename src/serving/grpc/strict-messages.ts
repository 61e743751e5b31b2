import { isUtf8 } from 'node:buffer';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { BeckonError } from '../../base/errors.ts';

/** Stands for a message that could not be read: the library itself would answer INTERNAL. */
const BROKEN = Object.freeze({});

/** Replaced by U+FFFD, two customers would become one. */
const text = (bytes: Uint8Array): string => {
  if (!isUtf8(bytes)) throw new Error('a text is not UTF-8');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
};

/** Of the bytes of a message. What is generated takes it as well as bytes. @throws Error where a text is not UTF-8, as it is read */
export const strictReader = (bytes: Buffer): BinaryReader => new BinaryReader(bytes, text);

/** A service whose messages are read strictly; handlers have to ask {@link checked}. */
export const strictly = <T extends ServiceDefinition>(definition: T): T =>
  Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [
      name,
      {
        ...method,
        requestDeserialize: unlessBroken((bytes) =>
          method.requestDeserialize(strictReader(bytes) as unknown as Buffer),
        ),
      },
    ]),
  ) as T;

/** As {@link strictly} does it for a message that is read in a way of its own. */
export const unlessBroken =
  <T>(read: (bytes: Buffer) => T): ((bytes: Buffer) => T) =>
  (bytes) => {
    try {
      return read(bytes);
    } catch {
      return BROKEN as T;
    }
  };

/** @throws BeckonError REQUEST_INVALID */
export const checked = <T>(message: T): T => {
  if (message === BROKEN) throw new BeckonError('REQUEST_INVALID', 'the bytes are not a message of the method');
  return message;
};
