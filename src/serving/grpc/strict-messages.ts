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

/** A service whose messages are read strictly; handlers have to ask {@link checked}. */
export const strictly = <T extends ServiceDefinition>(definition: T): T =>
  Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [
      name,
      {
        ...method,
        requestDeserialize(bytes: Buffer): unknown {
          try {
            // What is generated takes a reader as well as bytes.
            return method.requestDeserialize(new BinaryReader(bytes, text) as unknown as Buffer);
          } catch {
            return BROKEN;
          }
        },
      },
    ]),
  ) as T;

/** @throws BeckonError REQUEST_INVALID */
export const checked = <T>(message: T): T => {
  if (message === BROKEN) throw new BeckonError('REQUEST_INVALID', 'the bytes are not a message of the method');
  return message;
};
