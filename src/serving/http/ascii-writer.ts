const PARTS = 10_000;
const PARTS_MAX = 0x7fff_ffff;
const ZERO = '0'.charCodeAt(0);
const MINUS = '-'.charCodeAt(0);
const POINT = '.'.charCodeAt(0);
/** A sign, ten digits, a point. */
const DIGITS_MAX = 12;
const FIRST_BYTES = 16 * 1024;

/**
 * Writes ASCII text into one buffer: for texts of many short pieces and numbers, which as strings would each be made,
 * joined and walked through again. One a thread.
 */
export class AsciiWriter {
  private bytes = Buffer.alloc(FIRST_BYTES);
  private length = 0;

  /** @param text ASCII */
  text(text: string): this {
    const { length } = text;
    if (this.length + length > this.bytes.length) this.grow(length);
    const { bytes } = this;
    let at = this.length;
    for (let i = 0; i < length; i++) bytes[at++] = text.charCodeAt(i);
    this.length = at;
    return this;
  }

  /** A finite number as JSON writes it; fast where it has at most four digits after the point. */
  number(value: number): this {
    const size = value < 0 ? -value : value;
    const parts = Math.round(size * PARTS);
    if (parts > PARTS_MAX || parts / PARTS !== size) return this.text(String(value));
    if (this.length + DIGITS_MAX > this.bytes.length) this.grow(DIGITS_MAX);
    const { bytes } = this;
    let at = this.length;
    if (value < 0) bytes[at++] = MINUS;
    // Whole numbers throughout: `| 0` keeps the divisions from being those of doubles.
    const whole = (parts / PARTS) | 0;
    let unit = 1;
    while (unit * 10 <= whole) unit *= 10;
    for (let rest = whole; unit >= 1; unit = (unit / 10) | 0) {
      const digit = (rest / unit) | 0;
      bytes[at++] = ZERO + digit;
      rest -= digit * unit;
    }
    let rest = (parts - whole * PARTS) | 0;
    if (rest > 0) bytes[at++] = POINT;
    for (unit = PARTS / 10; rest > 0; unit = (unit / 10) | 0) {
      const digit = (rest / unit) | 0;
      bytes[at++] = ZERO + digit;
      rest -= digit * unit;
    }
    this.length = at;
    return this;
  }

  /** What was written since the last call. */
  take(): string {
    const text = this.bytes.toString('latin1', 0, this.length);
    this.length = 0;
    return text;
  }

  private grow(more: number): void {
    const bytes = Buffer.alloc((this.bytes.length + more) * 2);
    this.bytes.copy(bytes);
    this.bytes = bytes;
  }
}
