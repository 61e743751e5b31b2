import { NAME_SEED, nextHash } from './name-table.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const MINUS = 0x2d;
const DOT = 0x2e;
const SPACE = 0x20;
const ZERO = 0x30;
const DEL = 0x7f;
const NON_ASCII = 0x80;
/** So many digits are exact as a double, and so is what a power of ten divides them to. */
const DIGITS_MAX = 15;
const POWERS_OF_TEN = Array.from({ length: DIGITS_MAX + 1 }, (_, n) => 10 ** n);

/**
 * A cursor over JSON in bytes that takes only what is plain: texts without escapes, numbers of few digits without an
 * exponent. Each `take…` is true where such a value stood at the cursor, and then behind it; anything else is false, which
 * does not say that it is no JSON. Whether bytes beyond ASCII are UTF-8 is for the caller to ask.
 */
export class JsonScanner {
  input: Uint8Array = new Uint8Array(0);
  at = 0;
  /** The last text or name: its bytes, from start to end. Of a name also their hash. */
  start = 0;
  end = 0;
  hash = 0;
  /** Whether the last text is printable ASCII. */
  isPlain = true;
  /** UTF-16 units of the last text. */
  units = 0;
  /** The last number. */
  number = 0;
  /** Whether any text since the last `reset` had bytes beyond ASCII. */
  hasNonAscii = false;

  reset(input: Uint8Array, at = 0): void {
    this.input = input;
    this.at = at;
    this.hasNonAscii = false;
  }

  skipSpace(): void {
    const { input } = this;
    for (;;) {
      const byte = input[this.at];
      if (byte > SPACE || (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) return;
      this.at++;
    }
  }

  /** A mark of punctuation, and the space around it. */
  take(mark: number): boolean {
    this.skipSpace();
    if (this.input[this.at] !== mark) return false;
    this.at++;
    this.skipSpace();
    return true;
  }

  /** The name of a field and its colon. */
  takeName(): boolean {
    const { input } = this;
    if (input[this.at] !== QUOTE) return false;
    const start = this.at + 1;
    let hash = NAME_SEED;
    let at = start;
    for (let byte = input[at]; byte !== QUOTE; byte = input[++at]) {
      // Also false at the end of the input, where there is no byte.
      if (!(byte >= SPACE && byte < NON_ASCII) || byte === BACKSLASH) return false;
      hash = nextHash(hash, byte);
    }
    this.start = start;
    this.end = at;
    this.hash = hash;
    this.at = at + 1;
    if (input[this.at] === COLON) this.at++;
    else if (!this.take(COLON)) return false;
    if (input[this.at] <= SPACE) this.skipSpace();
    return true;
  }

  takeText(): boolean {
    const { input } = this;
    if (input[this.at] !== QUOTE) return false;
    const start = this.at + 1;
    let at = start;
    let isPlain = true;
    let followers = 0;
    for (let byte = input[at]; byte !== QUOTE; byte = input[++at]) {
      if (!(byte >= SPACE) || byte === BACKSLASH) return false;
      if (byte < DEL) continue;
      isPlain = false;
      if (byte < NON_ASCII) continue;
      this.hasNonAscii = true;
      // Two units where a sequence has four bytes, else one: its other bytes add none.
      if ((byte & 0xc0) === 0x80) followers++;
      else if (byte >= 0xf0) followers--;
    }
    this.start = start;
    this.end = at;
    this.isPlain = isPlain;
    this.units = at - start - followers;
    this.at = at + 1;
    return true;
  }

  takeNumber(): boolean {
    const { input } = this;
    let { at } = this;
    const isNegative = input[at] === MINUS;
    if (isNegative) at++;
    const first = at;
    let whole = 0;
    for (let digit = input[at] - ZERO; digit >= 0 && digit <= 9; digit = input[++at] - ZERO) whole = whole * 10 + digit;
    let digits = at - first;
    if (digits === 0 || digits > DIGITS_MAX || (digits > 1 && input[first] === ZERO)) return false;
    let value = whole;
    if (input[at] === DOT) {
      const point = at++;
      for (let digit = input[at] - ZERO; digit >= 0 && digit <= 9; digit = input[++at] - ZERO)
        whole = whole * 10 + digit;
      const decimals = at - point - 1;
      digits += decimals;
      if (decimals === 0 || digits > DIGITS_MAX) return false;
      value = whole / POWERS_OF_TEN[decimals];
    }
    // An exponent.
    if ((input[at] | 0x20) === 0x65) return false;
    this.number = isNegative ? -value : value;
    this.at = at;
    return true;
  }

  /** A word that is no text: `true` or `false`. */
  takeWord(word: Uint8Array): boolean {
    const { input, at } = this;
    for (let i = 0; i < word.length; i++) if (input[at + i] !== word[i]) return false;
    this.at = at + word.length;
    return true;
  }
}
