const FIRST_BYTES = 64 * 1024;
/** Of a number without a sign, and of the prefix of a message. */
const VARINT_BYTES_MAX = 10;
const DOUBLE_BYTES = 8;
/** Beyond, the call into native code is worth it. */
const SHORT_TEXT_MAX = 48;
const ASCII_MAX = 0x7f;
const MORE = 0x80;
const TWO_32 = 2 ** 32;
/** UTF-8 of a unit of a string. */
const BYTES_PER_UNIT_MAX = 3;

/**
 * Writes protobuf into one buffer that is used again and again: without an object for each message and each text, it takes a
 * third of what generated code takes. Tags are single bytes, so numbers of fields go up to 15. One a thread.
 */
export class MessageWriter {
  private bytes = Buffer.alloc(FIRST_BYTES);
  private view = new DataView(this.bytes.buffer);
  private at = 0;

  /** How much was written. */
  get length(): number {
    return this.at;
  }

  /** @param size bytes that are written next, at most */
  private room(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    const bytes = Buffer.alloc((this.bytes.length + size) * 2);
    this.bytes.copy(bytes, 0, 0, this.at);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  /** A text that stands also where it is empty. */
  text(tag: number, text: string): void {
    const { length } = text;
    this.room(1 + VARINT_BYTES_MAX + length * BYTES_PER_UNIT_MAX);
    const { bytes } = this;
    const start = this.at;
    bytes[start] = tag;
    if (length <= SHORT_TEXT_MAX) {
      let at = start + 2;
      let units = 0;
      for (let i = 0; i < length; i++) {
        const unit = text.charCodeAt(i);
        units |= unit;
        bytes[at++] = unit;
      }
      if (units <= ASCII_MAX) {
        bytes[start + 1] = length;
        this.at = at;
        return;
      }
    }
    this.at = start + 1;
    this.varint(Buffer.byteLength(text));
    this.at += bytes.write(text, this.at);
  }

  /** A number that stands also where it is 0. */
  double(tag: number, value: number): void {
    this.room(1 + DOUBLE_BYTES);
    this.bytes[this.at] = tag;
    this.view.setFloat64(this.at + 1, value, true);
    this.at += 1 + DOUBLE_BYTES;
  }

  /** @param value a whole number from 0 on, up to the greatest safe one */
  whole(tag: number, value: number): void {
    this.room(1 + VARINT_BYTES_MAX);
    this.bytes[this.at++] = tag;
    this.varint(value);
  }

  yes(tag: number): void {
    this.room(2);
    this.bytes[this.at++] = tag;
    this.bytes[this.at++] = 1;
  }

  /** Bytes as they stand: a text, a message or packed numbers. */
  raw(tag: number, bytes: Uint8Array): void {
    this.room(1 + VARINT_BYTES_MAX + bytes.length);
    this.bytes[this.at++] = tag;
    this.varint(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** Fields that were written before. */
  fields(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** Begins a message within. @returns what {@link close} wants */
  open(tag: number): number {
    this.room(2);
    this.bytes[this.at++] = tag;
    return ++this.at;
  }

  /** Ends a message within: its length takes the byte that was left for it, or moves the message for more. */
  close(start: number): void {
    const length = this.at - start;
    if (length < MORE) {
      this.bytes[start - 1] = length;
      return;
    }
    this.room(VARINT_BYTES_MAX);
    let more = 0;
    for (let rest = length >>> 7; rest > 0; rest >>>= 7) more++;
    this.bytes.copyWithin(start + more, start, this.at);
    this.at = start - 1;
    this.varint(length);
    this.at += length;
  }

  /** Begins a message of a stream, with its prefix. @returns what {@link endFrame} wants */
  beginFrame(): number {
    this.room(FRAME_BYTES);
    this.bytes[this.at] = 0;
    this.at += FRAME_BYTES;
    return this.at;
  }

  endFrame(start: number): void {
    this.view.setUint32(start - FRAME_BYTES + 1, this.at - start);
  }

  /** What was written since the last call; it is written over by what comes next. */
  peek(): Buffer {
    const { at } = this;
    this.at = 0;
    return this.bytes.subarray(0, at);
  }

  /** The same, to keep. */
  take(): Buffer {
    return Buffer.from(this.peek());
  }

  private varint(value: number): void {
    const { bytes } = this;
    let at = this.at;
    let rest = value;
    // Beyond 32 bits there are no shifts.
    for (; rest >= TWO_32; rest = Math.floor(rest / MORE)) bytes[at++] = (rest % MORE) | MORE;
    let low = rest >>> 0;
    for (; low >= MORE; low >>>= 7) bytes[at++] = (low & ASCII_MAX) | MORE;
    bytes[at++] = low;
    this.at = at;
  }
}

/** Before each message: whether it is compressed, and its length. */
const FRAME_BYTES = 5;
