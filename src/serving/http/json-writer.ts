const PARTS = 10_000;
const WHOLE_MAX = 0x7fff_ffff;
const NINE_DIGITS = 1e9;
/** From here on 32-bit floats are further apart than nine digits after the point. */
const NINE_DIGITS_MIN = 2 ** -6;
const COMMA = ','.charCodeAt(0);
const ZERO = '0'.charCodeAt(0);
const MINUS = '-'.charCodeAt(0);
const POINT = '.'.charCodeAt(0);
const QUOTE = '"'.charCodeAt(0);
const BACKSLASH = '\\'.charCodeAt(0);
const FIRST_PRINTED = ' '.charCodeAt(0);
const LAST_PRINTED = '~'.charCodeAt(0);
/** A sign, ten digits, a point, four digits. */
const DIGITS_MAX = 16;
/** Most bytes of UTF-8 that a unit of a string takes. */
const UNIT_BYTES_MAX = 3;
/** Longer pieces are copied by native code. */
const SHORT_PIECE = 12;
const FIRST_BYTES = 16 * 1024;

/** @param value 0 to 9999 */
const fourDigits = (bytes: Uint8Array, at: number, value: number): void => {
  const high = (value / 100) | 0;
  const low = (value - high * 100) | 0;
  const first = (high / 10) | 0;
  const third = (low / 10) | 0;
  bytes[at] = ZERO + first;
  bytes[at + 1] = ZERO + high - first * 10;
  bytes[at + 2] = ZERO + third;
  bytes[at + 3] = ZERO + low - third * 10;
};

/** Bytes that are written often. @param json ASCII */
export const pieceOf = (json: string): Uint8Array => Uint8Array.from(Buffer.from(json, 'latin1'));

/**
 * Writes JSON into one buffer: for texts of many short pieces and numbers, which as strings would each be made, joined and
 * walked through again. One a thread.
 */
export class JsonWriter {
  private bytes = Buffer.alloc(FIRST_BYTES);
  private length = 0;
  private isAscii = true;

  piece(piece: Uint8Array): this {
    const { length } = piece;
    if (this.length + length > this.bytes.length) this.grow(length);
    const { bytes } = this;
    const at = this.length;
    if (length > SHORT_PIECE) bytes.set(piece, at);
    else for (let i = 0; i < length; i++) bytes[at + i] = piece[i];
    this.length = at + length;
    return this;
  }

  /** A string in which nothing is to be escaped, as names of the pack and times are, in its quotes. */
  name(name: string): this {
    const { length } = name;
    if (this.length + length + 2 > this.bytes.length) this.grow(length + 2);
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = QUOTE;
    for (let i = 0; i < length; i++) bytes[at++] = name.charCodeAt(i);
    bytes[at++] = QUOTE;
    this.length = at;
    return this;
  }

  /** Any string, escaped where it must be, in its quotes. */
  string(text: string): this {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit < FIRST_PRINTED || unit > LAST_PRINTED || unit === QUOTE || unit === BACKSLASH)
        return this.escaped(text);
    }
    return this.name(text);
  }

  /** A finite number as JSON writes it; fast where it has at most four digits after the point, or none. */
  number(value: number): this {
    const size = value < 0 ? -value : value;
    if (size > WHOLE_MAX) return this.json(String(value));
    // Whole numbers throughout: `| 0` keeps the divisions from being those of doubles.
    let whole = size | 0;
    let rest = 0;
    if (whole !== size) {
      const parts = Math.round(size * PARTS);
      if (parts > WHOLE_MAX || parts / PARTS !== size) return this.json(String(value));
      whole = (parts / PARTS) | 0;
      rest = (parts - whole * PARTS) | 0;
    }
    if (this.length + DIGITS_MAX > this.bytes.length) this.grow(DIGITS_MAX);
    const { bytes } = this;
    let at = this.length;
    if (value < 0) bytes[at++] = MINUS;
    let unit = 1;
    while (unit <= ((whole / 10) | 0)) unit *= 10;
    for (let left = whole; unit >= 1; unit = (unit / 10) | 0) {
      const digit = (left / unit) | 0;
      bytes[at++] = ZERO + digit;
      left -= digit * unit;
    }
    if (rest > 0) {
      bytes[at] = POINT;
      fourDigits(bytes, at + 1, rest);
      at += 5;
      while (bytes[at - 1] === ZERO) at--;
    }
    this.length = at;
    return this;
  }

  /** Finite 32-bit floats with commas between: text that is the same float again, and mostly no longer than that needs. */
  floats(values: Float32Array): this {
    for (let i = 0; i < values.length; i++) {
      if (i > 0) this.comma();
      const value = values[i];
      if (value >= NINE_DIGITS_MIN && value < 1) this.nineDigits(Math.round(value * NINE_DIGITS));
      else this.number(value);
    }
    return this;
  }

  private comma(): void {
    if (this.length === this.bytes.length) this.grow(1);
    this.bytes[this.length++] = COMMA;
  }

  /** @param parts whole, of {@link NINE_DIGITS} */
  private nineDigits(parts: number): void {
    if (this.length + DIGITS_MAX > this.bytes.length) this.grow(DIGITS_MAX);
    const { bytes } = this;
    let at = this.length;
    const high = (parts / 100_000) | 0;
    const low = (parts - high * 100_000) | 0;
    const middle = (low / 10) | 0;
    bytes[at] = ZERO;
    bytes[at + 1] = POINT;
    fourDigits(bytes, at + 2, high);
    fourDigits(bytes, at + 6, middle);
    bytes[at + 10] = ZERO + low - middle * 10;
    at += 11;
    while (bytes[at - 1] === ZERO) at--;
    this.length = at;
  }

  /** What was written since the last call. */
  take(): string {
    const text = this.bytes.toString(this.isAscii ? 'latin1' : 'utf8', 0, this.length);
    this.length = 0;
    this.isAscii = true;
    return text;
  }

  /** A lone half of a pair is escaped too, and so arrives as it is. */
  private escaped(text: string): this {
    this.isAscii = false;
    return this.json(JSON.stringify(text));
  }

  private json(json: string): this {
    const most = json.length * UNIT_BYTES_MAX;
    if (this.length + most > this.bytes.length) this.grow(most);
    this.length += this.bytes.write(json, this.length);
    return this;
  }

  private grow(more: number): void {
    const bytes = Buffer.alloc((this.bytes.length + more) * 2);
    this.bytes.copy(bytes);
    this.bytes = bytes;
  }
}
