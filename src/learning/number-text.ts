const ZERO = 48;
const POINT = 46;
/** The longest is such as -2.2250738585072014e-308. */
export const NUMBER_BYTES_MAX = 24;
/** Texts that are kept; a power of two. Quotients of small counts come again and again. */
const KEPT = 4096;
const HASH_SHIFT = 20;
const INTEGER_MAX = 0x7fff_ffff;

const float = new Float64Array(1);
const floatWords = new Int32Array(float.buffer);

/**
 * Writes numbers as text: the shortest form that reads back as the same 64-bit float, as JavaScript has it. Money and
 * counts, which are most, never become a text of JavaScript.
 */
export class NumberText {
  private readonly values = new Float64Array(KEPT).fill(Number.NaN);
  private readonly texts = new Uint8Array(KEPT * NUMBER_BYTES_MAX);
  private readonly lengths = new Uint8Array(KEPT);

  /** @param into has room for {@link NUMBER_BYTES_MAX} @returns where the text ends */
  write(value: number, into: Uint8Array, at: number): number {
    if (value >= 0 && value <= INTEGER_MAX) {
      const whole = value | 0;
      if (whole === value) return writeInteger(whole, into, at);
      // No shorter decimal can be the same float: two of up to 15 digits never are.
      const hundredths = Math.round(value * 100);
      if (hundredths <= INTEGER_MAX && hundredths / 100 === value) return writeHundredths(hundredths, into, at);
    }
    return this.writeKept(value, into, at);
  }

  private writeKept(value: number, into: Uint8Array, at: number): number {
    const { values, texts, lengths } = this;
    float[0] = value;
    const place = Math.imul(floatWords[0] ^ floatWords[1], 0x9e3779b1) >>> HASH_SHIFT;
    const first = place * NUMBER_BYTES_MAX;
    if (values[place] !== value) {
      const text = `${value}`;
      values[place] = value;
      lengths[place] = text.length;
      for (let i = 0; i < text.length; i++) texts[first + i] = text.charCodeAt(i);
    }
    const length = lengths[place];
    for (let i = 0; i < length; i++) into[at + i] = texts[first + i];
    return at + length;
  }
}

const writeInteger = (value: number, into: Uint8Array, at: number): number => {
  let digits = 1;
  for (let end = 10; end <= value && digits < 10; end *= 10) digits++;
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    const next = (rest / 10) | 0;
    into[i] = ZERO + rest - next * 10;
    rest = next;
  }
  return at + digits;
};

/** Of a number of hundredths that is no whole number. */
const writeHundredths = (hundredths: number, into: Uint8Array, at: number): number => {
  const whole = (hundredths / 100) | 0;
  const rest = hundredths - whole * 100;
  const tenths = (rest / 10) | 0;
  const end = writeInteger(whole, into, at);
  into[end] = POINT;
  into[end + 1] = ZERO + tenths;
  if (rest === tenths * 10) return end + 2;
  into[end + 2] = ZERO + rest - tenths * 10;
  return end + 3;
};
