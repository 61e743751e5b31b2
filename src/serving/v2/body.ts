import { isUtf8 } from 'node:buffer';
import Type, { type Static } from 'typebox';
import { BeckonError } from '../../base/errors.ts';
import { compileSchema } from '../../base/schema-check.ts';
import { JsonWriter } from '../http/json-writer.ts';
import type { GivenTensor } from './infer.ts';
import { CUT, cutNumbers } from './number-list.ts';
import { float32Of, floatsOf, textsOf, turnToWire } from './tensor-bytes.ts';

/** Shorter ones are parsed as fast in one piece. */
const LONG_BYTES = 4096;

const Parameters = Type.Optional(Type.Record(Type.String(), Type.Unknown()));
const Input = Type.Object({
  name: Type.String(),
  datatype: Type.String(),
  shape: Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 8 }),
  parameters: Parameters,
  data: Type.Optional(Type.Array(Type.Unknown())),
});
const Output = Type.Object({ name: Type.String(), parameters: Parameters });
const Body = Type.Object({
  id: Type.Optional(Type.String({ maxLength: 256 })),
  parameters: Parameters,
  inputs: Type.Array(Input),
  outputs: Type.Optional(Type.Array(Output)),
});
type Body = Static<typeof Body>;

const bodyProblem = compileSchema(Body, '');

/** A request of inference: JSON, and behind it the bytes of its binary tensors. */
export interface InferBody {
  readonly id: string | undefined;
  readonly tensors: readonly GivenTensor[];
  /** Names of the outputs that are wanted; all where there is none. */
  readonly outputs: readonly string[];
  readonly isBinaryWanted: boolean;
}

/**
 * @param jsonBytes length of the JSON; all of the body where it is undefined
 * @throws BeckonError MALFORMED_JSON, REQUEST_INVALID
 */
export const readInferBody = (body: Buffer, jsonBytes = body.length): InferBody => {
  if (!(jsonBytes >= 0 && jsonBytes <= body.length))
    throw new BeckonError('REQUEST_INVALID', 'inference-header-content-length is not a length within the body');
  const [{ id, parameters, inputs, outputs = [] }, numbers] = parseLong(body.subarray(0, jsonBytes));
  let at = jsonBytes;
  const tensors = inputs.map((input): GivenTensor => {
    const size = input.parameters?.binary_data_size;
    if (size === undefined) return { ...given(input), ...valuesOf(input, numbers) };
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0 || at + size > body.length)
      throw new BeckonError('REQUEST_INVALID', `input '${input.name}': its binary data is not within the body`);
    const bytes = body.subarray(at, at + size);
    at += size;
    return {
      ...given(input),
      ...(input.datatype === 'BYTES' ? { texts: textsOf(bytes) } : { numbers: floatsOf(bytes) }),
    };
  });
  if (at !== body.length) throw new BeckonError('REQUEST_INVALID', `${body.length - at} bytes belong to no input`);
  return {
    id,
    tensors,
    outputs: outputs.map(({ name }) => name),
    isBinaryWanted:
      outputs.length > 0
        ? outputs.some((output) => output.parameters?.binary_data === true)
        : parameters?.binary_data_output === true,
  };
};

const given = ({ name, datatype, shape }: Body['inputs'][number]) => ({ name, datatype, shape });

/** @returns the numbers apart, where there are many. @throws BeckonError MALFORMED_JSON, REQUEST_INVALID */
const parseLong = (json: Buffer): [Body, Float32Array | undefined] => {
  const cut = json.length < LONG_BYTES ? undefined : cutNumbers(json);
  if (cut !== undefined) {
    const body = parse(cut.json);
    if (body.inputs.some(isCut)) return [body, cut.numbers];
  }
  return [parse(json), undefined];
};

const isCut = ({ data }: Body['inputs'][number]): boolean => data?.[0] === CUT;

/** @throws BeckonError MALFORMED_JSON, REQUEST_INVALID */
const parse = (json: Buffer): Body => {
  let value: unknown;
  try {
    if (!isUtf8(json)) throw new Error('not UTF-8');
    value = JSON.parse(json.toString());
  } catch (cause) {
    throw new BeckonError('MALFORMED_JSON', 'the body is not JSON', { cause });
  }
  const problem = bodyProblem(value);
  if (problem !== undefined) throw new BeckonError('REQUEST_INVALID', problem);
  return value as Body;
};

/**
 * Data may be nested as the shape says, or flat.
 * @param numbers those that were cut out of the body
 * @throws BeckonError REQUEST_INVALID
 */
const valuesOf = (
  input: Body['inputs'][number],
  numbers: Float32Array | undefined,
): Pick<GivenTensor, 'numbers' | 'texts'> => {
  const { name, datatype, data = [] } = input;
  if (numbers !== undefined && isCut(input)) {
    if (datatype === 'BYTES') throw otherKind(name, 0, 'string');
    return { numbers };
  }
  const flat = Array.isArray(data[0]) ? data.flat(Number.POSITIVE_INFINITY) : data;
  const isText = datatype === 'BYTES';
  const wrong = firstOther(flat, isText);
  if (wrong >= 0) throw otherKind(name, wrong, isText ? 'string' : 'number');
  return isText ? { texts: flat as string[] } : { numbers: float32Of(flat as number[]) };
};

const otherKind = (name: string, place: number, wanted: string): BeckonError =>
  new BeckonError('REQUEST_INVALID', `input '${name}': value ${place} is not a ${wanted}`);

/** A loop and no `findIndex`, which would call somebody for each of a hundred thousand numbers. @returns -1 for none */
const firstOther = (values: readonly unknown[], isText: boolean): number => {
  for (let i = 0; i < values.length; i++)
    if (isText ? typeof values[i] !== 'string' : typeof values[i] !== 'number') return i;
  return -1;
};

/** An answer of inference but for its numbers. */
export interface InferAnswer {
  readonly model: string;
  readonly version: string;
  readonly id: string | undefined;
  readonly output: { readonly name: string; readonly shape: readonly number[] };
}

/** @param more of its output */
const answerText = ({ model, version, id, output }: InferAnswer, more: object): string =>
  JSON.stringify({
    model_name: model,
    model_version: version,
    ...(id === undefined ? {} : { id }),
    outputs: [{ name: output.name, datatype: 'FP32', shape: output.shape, ...more }],
  });

const writer = new JsonWriter();
const NO_NUMBERS = '[]}]}';

export const answerJson = (answer: InferAnswer, numbers: Float32Array): string => {
  const text = answerText(answer, { data: [] });
  return `${text.slice(0, -NO_NUMBERS.length)}[${writer.floats(numbers).take()}${NO_NUMBERS.slice(1)}`;
};

/** JSON and behind it a binary tensor, in one piece that is there before its numbers are. */
export class BinaryAnswer {
  /** To be written; they stand in the body. */
  readonly numbers: Float32Array;
  readonly jsonBytes: number;
  readonly #body: Buffer;

  constructor(answer: InferAnswer, numbers: number) {
    const bytes = numbers * Float32Array.BYTES_PER_ELEMENT;
    const text = answerText(answer, { parameters: { binary_data_size: bytes } });
    const textBytes = Buffer.byteLength(text);
    // Spaces behind it: numbers can be written only where their place is a multiple of their size.
    this.jsonBytes = Math.ceil(textBytes / Float32Array.BYTES_PER_ELEMENT) * Float32Array.BYTES_PER_ELEMENT;
    this.#body = Buffer.from(new ArrayBuffer(this.jsonBytes + bytes));
    this.#body.write(text);
    this.#body.fill(' ', textBytes, this.jsonBytes);
    this.numbers = new Float32Array(this.#body.buffer as ArrayBuffer, this.jsonBytes, numbers);
  }

  /** To be sent, once the numbers are written. */
  body(): Buffer {
    turnToWire(this.numbers);
    return this.#body;
  }
}
