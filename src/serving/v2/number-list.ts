const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
/** So many digits fit into 32 bits, and so many into a double, without loss. */
const SHORT_DIGITS = 9;
const EXACT_DIGITS = 15;
/** More than three roundings of a double can make. */
const ROUNDING = 2 ** -50;
/** Exact as doubles: a division by one of them is rounded once, as the number itself would be. */
const POWERS = Float64Array.from({ length: 2 * SHORT_DIGITS + 1 }, (_, i) => 10 ** i);
const KEY = Buffer.from('"data"');
/** Of a number in JSON but for its sign. */
const NUMBER = /^(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** A longer one is none that a float could need. */
const NUMBER_BYTES_MAX = 400;

/** Stands in place of the list. */
export const CUT = '\u0000numbers';
const CUT_LIST = Buffer.from(JSON.stringify([CUT]));

export interface CutBody {
  /** The body with {@link CUT} in place of its first list of numbers under the key `data`. */
  readonly json: Buffer;
  /** What the next call overwrites. */
  readonly numbers: Float32Array;
}

/** Used again: an allocation outside the heap for each request would have the collector run every few of them. */
let numbers: Float32Array = new Float32Array(1024);

/**
 * Takes the numbers out of a body of JSON without making anything of each of them, which takes JSON.parse and the collector
 * most of their time. They are those that JSON.parse would read, as 32-bit floats.
 * @returns undefined where there is no such list, or anything in it that is not looked for here: nested lists, or what is wrong
 */
export const cutNumbers = (body: Buffer): CutBody | undefined => {
  const start = listStart(body);
  if (start < 0) return undefined;
  const end = readList(body, start + 1);
  if (end < 0) return undefined;
  const json = Buffer.concat([body.subarray(0, start), CUT_LIST, body.subarray(end)]);
  return { json, numbers: numbers.subarray(0, count) };
};

/** Where the list begins; -1 where there is none. */
const listStart = (body: Buffer): number => {
  const key = body.indexOf(KEY);
  if (key < 1) return -1;
  // A text may hold the same letters, but then its quotes have backslashes before them.
  const before = body[key - 1];
  if (before !== COMMA && before !== OPEN_OBJECT && !isSpace(before)) return -1;
  const colon = afterSpace(body, key + KEY.length);
  if (body[colon] !== 0x3a) return -1;
  const start = afterSpace(body, colon + 1);
  return body[start] === OPEN_LIST ? start : -1;
};

const isSpace = (byte: number): boolean => byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;

const afterSpace = (body: Uint8Array, at: number): number => {
  let next = at;
  while (isSpace(body[next])) next++;
  return next;
};

/** Of the list that was read last. */
let count = 0;

/** @param from behind the opening bracket. @returns the place behind the closing one, -1 where it is no list of numbers */
const readList = (body: Uint8Array, from: number): number => {
  count = 0;
  let at = from;
  let into: Float32Array = numbers;
  for (;;) {
    if (body[at] <= SPACE) at = afterSpace(body, at);
    const isNegative = body[at] === MINUS;
    if (isNegative) at++;
    const first = at;
    let point = -1;
    let digits = 0;
    let high = 0;
    let low = 0;
    for (; ; at++) {
      const byte = body[at];
      const digit = byte - ZERO;
      if (digit >= 0 && digit <= 9) {
        if (digits < SHORT_DIGITS) high = (high * 10 + digit) | 0;
        else low = (low * 10 + digit) | 0;
        digits++;
      } else if (byte === POINT && point < 0) point = at;
      else break;
    }
    const fraction = point < 0 ? 0 : at - point - 1;
    let value: number;
    if (
      digits === 0 ||
      digits > 2 * SHORT_DIGITS ||
      point === first ||
      (point >= 0 && fraction === 0) ||
      (body[first] === ZERO && first + 1 !== at && point !== first + 1) ||
      (body[at] | 0x20) === 0x65
    )
      value = Number.NaN;
    else if (digits <= SHORT_DIGITS) value = fraction === 0 ? high : high / POWERS[fraction];
    else value = longNumber(high, low, digits, fraction);
    if (Number.isNaN(value)) {
      at = endOf(body, first);
      value = numberIn(body, first, at);
      if (Number.isNaN(value)) return -1;
    }
    if (count === into.length) into = grow();
    into[count++] = isNegative ? -value : value;
    if (body[at] <= SPACE) at = afterSpace(body, at);
    if (body[at] === COMMA) at++;
    else return body[at] === CLOSE_LIST ? at + 1 : -1;
  }
};

/**
 * @param high the first nine digits, `low` those behind them
 * @returns NaN where the number is so near to the middle between two 32-bit floats that rounding on the way may tell which it is
 */
const longNumber = (high: number, low: number, digits: number, fraction: number): number => {
  const value = (high * POWERS[digits - SHORT_DIGITS] + low) / POWERS[fraction];
  if (digits <= EXACT_DIGITS) return value;
  const isClear = Math.fround(value * (1 - ROUNDING)) === Math.fround(value * (1 + ROUNDING));
  return isClear ? value : Number.NaN;
};

const grow = (): Float32Array => {
  const larger = new Float32Array(numbers.length * 2);
  larger.set(numbers);
  numbers = larger;
  return larger;
};

/** Behind whatever a number could be. */
const endOf = (body: Uint8Array, from: number): number => {
  let at = from;
  while (at < body.length && body[at] !== COMMA && body[at] !== CLOSE_LIST && body[at] > SPACE && body[at] !== QUOTE)
    at++;
  return at;
};

/** @returns NaN where it is no number */
const numberIn = (body: Uint8Array, start: number, end: number): number => {
  if (end - start > NUMBER_BYTES_MAX) return Number.NaN;
  const text = String.fromCharCode(...body.subarray(start, end));
  return NUMBER.test(text) ? Number(text) : Number.NaN;
};
