/** UTF-8 takes at most this many bytes for a UTF-16 unit. */
const UTF8_UNIT_BYTES_MAX = 3;
const FIRST_BYTES = 64 * 1024;
/** Up to here a loop over the units is faster than a call out of JavaScript. */
const LOOP_UNITS_MAX = 48;
const ASCII_END = 0x80;

/** One growing buffer, written from its start; little-endian. */
export class ByteWriter {
  buffer: Buffer<ArrayBuffer>;
  view: DataView;
  end = 0;

  /** @param bytes that it has room for before it grows */
  constructor(bytes = FIRST_BYTES) {
    this.buffer = Buffer.allocUnsafeSlow(bytes);
    this.view = new DataView(this.buffer.buffer);
  }

  /** Makes room for bytes after the end. */
  reserve(bytes: number): void {
    const needed = this.end + bytes;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.end);
    this.buffer = larger;
    this.view = new DataView(larger.buffer);
  }

  u8(value: number): void {
    this.reserve(1);
    this.buffer[this.end++] = value;
  }

  u32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.end, value, true);
    this.end += 4;
  }

  i32(value: number): void {
    this.reserve(4);
    this.view.setInt32(this.end, value, true);
    this.end += 4;
  }

  f64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.end, value, true);
    this.end += 8;
  }

  /** A stretch of other bytes. */
  bytes(from: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.reserve(length);
    const { buffer, end: to } = this;
    if (length <= LOOP_UNITS_MAX) for (let i = 0; i < length; i++) buffer[to + i] = from[start + i];
    else buffer.set(from.subarray(start, end), to);
    this.end = to + length;
  }

  /** UTF-8. @returns the number of bytes */
  text(text: string): number {
    const { length } = text;
    this.reserve(length * UTF8_UNIT_BYTES_MAX);
    const { buffer, end } = this;
    if (length <= LOOP_UNITS_MAX) {
      let i = 0;
      for (; i < length; i++) {
        const unit = text.charCodeAt(i);
        if (unit >= ASCII_END) break;
        buffer[end + i] = unit;
      }
      if (i === length) {
        this.end = end + length;
        return length;
      }
    }
    const bytes = buffer.write(text, end);
    this.end = end + bytes;
    return bytes;
  }
}
