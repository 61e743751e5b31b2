/**
 * What a plan needs of the binary format of WebAssembly: functions of the number of rows, over one memory.
 *
 * Instructions come after their operands, as the stack machine runs them: `f32x4.add(a, b)` is the code of `a`, that of
 * `b`, and the addition.
 */
export type Code = number | readonly Code[];

type LocalType = 'i32' | 'f32' | 'v128';
const TYPES = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;

const PAGE_BYTES = 65_536;
const SIMD = 0xfd;
const VOID = 0x40;

/** The variable length of LEB128, unsigned. */
const leb = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...leb(Math.floor(value / 128))];

const signedLeb = (value: number): number[] =>
  value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signedLeb(value >> 7)];

const unary =
  (...op: number[]) =>
  (a: Code): Code => [a, op];
const binary =
  (...op: number[]) =>
  (a: Code, b: Code): Code => [a, b, op];
const shift =
  (...op: number[]) =>
  (a: Code, bits: number): Code => [a, i32.const(bits), op];
/** A load from `address + offset`; accesses are as fast where they are not aligned. */
const load =
  (...op: number[]) =>
  (address: Code, offset = 0): Code => [address, op, 0, leb(offset)];

export const i32 = {
  const: (value: number): Code => [0x41, signedLeb(value)],
  load: load(0x28),
  load16: load(0x2f),
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  shl: shift(0x74),
  eqz: unary(0x45),
  lessThan: binary(0x49),
  atLeast: binary(0x4e),
  or: binary(0x72),
  and: binary(0x71),
};

export const f32 = {
  load: load(0x2a),
  ne: binary(0x5c),
  lt: binary(0x5d),
  gt: binary(0x5e),
  le: binary(0x5f),
  ge: binary(0x60),
};

/** Two vectors byte by byte: 0 to 15 are those of `a`, 16 to 31 those of `b`. */
const shuffle =
  (...places: number[]) =>
  (a: Code, b: Code): Code => [a, b, SIMD, 0x0d, places];
const LANE_PAIRS = [0, 1, 2, 3, 4, 5, 6, 7];

export const i8x16 = {
  /** Bytes of `a` at the places that `b` says; 0 where there is none. */
  swizzle: binary(SIMD, 0x0e),
  sub: binary(SIMD, 0x71),
  maxU: binary(SIMD, 0x79),
  /** Of 16-bit numbers, the lowest first. */
  narrow: binary(SIMD, 0x65),
  /** Of 32-bit numbers, to 16 bits. */
  narrowNumbers: binary(SIMD, 0x85, 0x01),
  /** In turns, of the lower or the upper half of two vectors. */
  lowBytes: shuffle(...LANE_PAIRS.flatMap((i) => [i, i + 16])),
  highBytes: shuffle(...LANE_PAIRS.flatMap((i) => [i + 8, i + 24])),
  lowPairs: shuffle(...[0, 2, 4, 6].flatMap((i) => [i, i + 1, i + 16, i + 17])),
  highPairs: shuffle(...[8, 10, 12, 14].flatMap((i) => [i, i + 1, i + 16, i + 17])),
};

export const i32x4 = {
  shl: shift(SIMD, 0xab, 0x01),
  shiftRight: shift(SIMD, 0xac, 0x01),
  add: binary(SIMD, 0xae, 0x01),
  sub: binary(SIMD, 0xb1, 0x01),
};

export const f32x4 = {
  eq: binary(SIMD, 0x41),
  ne: binary(SIMD, 0x42),
  lt: binary(SIMD, 0x43),
  gt: binary(SIMD, 0x44),
  le: binary(SIMD, 0x45),
  ge: binary(SIMD, 0x46),
  abs: unary(SIMD, 0xe0, 0x01),
  neg: unary(SIMD, 0xe1, 0x01),
  sqrt: unary(SIMD, 0xe3, 0x01),
  add: binary(SIMD, 0xe4, 0x01),
  sub: binary(SIMD, 0xe5, 0x01),
  mul: binary(SIMD, 0xe6, 0x01),
  div: binary(SIMD, 0xe7, 0x01),
  min: binary(SIMD, 0xe8, 0x01),
  max: binary(SIMD, 0xe9, 0x01),
  /** `b < a ? b : a`, so `a` where either is NaN: one instruction, where `min` takes eight. */
  pmin: binary(SIMD, 0xea, 0x01),
  /** `a < b ? b : a` */
  pmax: binary(SIMD, 0xeb, 0x01),
  convert: unary(SIMD, 0xfa, 0x01),
};

export const v128 = {
  load: load(SIMD, 0x00),
  /** One number into all four lanes. */
  loadSplat: load(SIMD, 0x09),
  /** One or two numbers; the other lanes are 0. */
  load32: load(SIMD, 0x5c),
  load64: load(SIMD, 0x5d),
  loadLane: (address: Code, offset: number, into: Code, lane: number): Code => [
    [address, into, SIMD, 0x56, 0],
    [leb(offset), lane],
  ],
  store: (address: Code, offset: number, value: Code): Code => [address, value, SIMD, 0x0b, 0, leb(offset)],
  storeLane: (address: Code, offset: number, value: Code, lane: number): Code => [
    [address, value, SIMD, 0x5a, 0],
    [leb(offset), lane],
  ],
  and: binary(SIMD, 0x4e),
  /** `a` where `b` is 0. */
  andNot: binary(SIMD, 0x4f),
  or: binary(SIMD, 0x50),
  /** Bits of `a` where the mask has ones, else those of `b`. */
  select: (a: Code, b: Code, mask: Code): Code => [a, b, mask, SIMD, 0x52],
};

/** A variable of a function. */
export interface Local {
  readonly get: Code;
  set(value: Code): Code;
  /** Sets it, and leaves the value. */
  tee(value: Code): Code;
}

/** One function that takes the number of rows, at least 1, and gives nothing. */
export class RowsFunction {
  /** The argument. */
  readonly rows = localOf(0);
  readonly #types: LocalType[] = [];
  readonly #named = new Map<string, Local>();
  readonly #code: Code[] = [];

  local(type: LocalType): Local {
    this.#types.push(type);
    return localOf(this.#types.length);
  }

  /** The same variable wherever the name is the same: for values between which nothing else is computed. */
  scratch(name: string, type: LocalType = 'v128'): Local {
    const known = this.#named.get(name) ?? this.local(type);
    this.#named.set(name, known);
    return known;
  }

  emit(...code: Code[]): void {
    this.#code.push(code);
  }

  /** As the code section holds it. */
  bytes(): Uint8Array {
    const body = flat([leb(this.#types.length), this.#types.map((type) => [1, TYPES[type]]), this.#code, END]);
    return Buffer.concat([flat(leb(body.length)), body]);
  }
}

const localOf = (index: number): Local => ({
  get: [0x20, leb(index)],
  set: (value) => [value, 0x21, leb(index)],
  tee: (value) => [value, 0x22, leb(index)],
});

const END = 0x0b;
const BR_IF = 0x0d;

/** Runs the body once, and again as long as the condition, which stands after it, is not 0. */
export const doWhile = (body: Code, condition: Code): Code => [
  [0x03, VOID, body],
  [condition, BR_IF, 0, END],
];

export const when = (condition: Code, body: Code): Code => [condition, 0x04, VOID, body, END];

/** The memory of a plan while it is laid out. What is not put is 0 at the start. */
export class MemoryImage {
  #bytes = 0;
  readonly #segments: { at: number; bytes: Uint8Array }[] = [];
  readonly #splats = new Map<string, number>();

  /** @returns where they begin, aligned for vectors. */
  reserve(bytes: number): number {
    const at = this.#bytes;
    this.#bytes += Math.ceil(bytes / 16) * 16;
    return at;
  }

  put(numbers: Float32Array | Uint32Array | Uint8Array): number {
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    const at = this.reserve(bytes.length);
    this.#segments.push({ at, bytes });
    return at;
  }

  /** Code that gives four constants. */
  vector(...lanes: [number, number, number, number]): Code {
    const key = lanes.map((lane) => (Object.is(lane, -0) ? '-0' : lane)).join();
    const at = this.#splats.get(key) ?? this.put(Float32Array.from(lanes));
    this.#splats.set(key, at);
    return v128.load(i32.const(0), at);
  }

  splat(number: number): Code {
    return this.vector(number, number, number, number);
  }

  /** Four times the number with these bits. */
  splatBits(bits: number): Code {
    return this.splat(new Float32Array(Uint32Array.of(bits).buffer)[0]);
  }

  splatByte(byte: number): Code {
    return this.splatBits(byte * 0x01010101);
  }

  /** A module that runs the steps in order; it exports `run` and `memory`. */
  module(steps: readonly RowsFunction[]): Uint8Array<ArrayBuffer> {
    const all = [...steps, runAll(steps.length)];
    const memory = [0, leb(Math.ceil((this.#bytes + PAST_ROW_BYTES) / PAGE_BYTES))];
    const names = [
      [name('memory'), 2, 0],
      [name('run'), 0, leb(steps.length)],
    ];
    const data = this.#segments.flatMap(({ at, bytes }) => [flat([0, i32.const(at), END, leb(bytes.length)]), bytes]);
    const parts = [
      flat([0, [0x61, 0x73, 0x6d], [1, 0, 0, 0]]),
      ...section(TYPE, 1, [flat([0x60, 1, TYPES.i32, 0])]),
      ...section(FUNCTION, all.length, [flat(all.map(() => 0))]),
      ...section(MEMORY, 1, [flat(memory)]),
      ...section(EXPORT, names.length, [flat(names)]),
      ...section(
        CODE,
        all.length,
        all.map((step) => step.bytes()),
      ),
      ...section(DATA, this.#segments.length, data),
    ];
    return Uint8Array.from(Buffer.concat(parts));
  }
}

const [TYPE, FUNCTION, MEMORY, EXPORT, CODE, DATA] = [1, 3, 5, 7, 10, 11];
/** A vector that is read at the end of the last row may reach past it. */
const PAST_ROW_BYTES = 16;

const runAll = (steps: number): RowsFunction => {
  const run = new RowsFunction();
  for (let step = 0; step < steps; step++) run.emit(run.rows.get, 0x10, leb(step));
  return run;
};

const name = (text: string): Code => [text.length, Array.from(text, (letter) => letter.charCodeAt(0))];

const section = (id: number, items: number, content: readonly Uint8Array[]): Uint8Array[] => {
  const count = flat(leb(items));
  const length = content.reduce((sum, part) => sum + part.length, count.length);
  return [flat([id, leb(length)]), count, ...content];
};

const flat = (code: Code): Uint8Array => {
  const bytes: number[] = [];
  const visit = (part: Code): void => {
    if (typeof part === 'number') bytes.push(part);
    else for (const inner of part) visit(inner);
  };
  visit(code);
  return Uint8Array.from(bytes);
};
