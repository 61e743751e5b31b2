import { BeckonError } from '../base/errors.ts';
import { textHash } from '../base/text-hash.ts';
import type { ByteWriter } from './byte-writer.ts';
import { FIELD_CODES, FIELD_NAMES, NAME_WRITTEN_OUT } from './field-names.ts';
import type { EventValues, FieldValues } from './field-values.ts';

/**
 * The data of an event in the log: what JSON can say, in fewer bytes and without a parser. A value is a tag and what
 * belongs to it:
 *
 *     null, false, true                    cents    i32, the number times 100      list     u32 count, values
 *     byte     u8, the number itself       double   f64                            object   fields, DATA_END
 *     integer  i32                         text     u8 or u32 bytes, UTF-8
 *
 * A field is a name and a value; a name is the byte of {@link FIELD_NAMES} or, after {@link NAME_WRITTEN_OUT}, a text.
 * Fields keep their order. -0 is written as 0, and what is no number in JSON as null, as `JSON.stringify` does.
 */
const TAG = {
  null: 0,
  false: 1,
  true: 2,
  byte: 3,
  integer: 4,
  cents: 5,
  double: 6,
  text: 7,
  longText: 8,
  /** A text that UTF-8 cannot say, a half of a surrogate pair in it: as JSON. */
  jsonText: 9,
  list: 10,
  object: 11,
} as const;

/** A power of two. */
const CACHED_TEXTS = 4096;
const CACHED_BYTES_MAX = 24;

/** In the place of a name: the object ends. */
export const DATA_END = 254;

const LINES = FIELD_CODES.get('lines');
const BYTE_MAX = 255;
/** Texts of so few units are so few bytes that one byte tells how many. */
const SHORT_UNITS_MAX = 85;

/** @param data as JSON can say it; fields that are undefined are left out */
export const writeData = (writer: ByteWriter, data: object): void => {
  for (const name in data) {
    const value = (data as Record<string, unknown>)[name];
    if (value === undefined) continue;
    const code = FIELD_CODES.get(name);
    if (code !== undefined) writer.u8(code);
    else {
      writer.u8(NAME_WRITTEN_OUT);
      writeText(writer, name);
    }
    writeValue(writer, value);
  }
  writer.u8(DATA_END);
};

const writeValue = (writer: ByteWriter, value: unknown): void => {
  if (typeof value === 'string') writeText(writer, value);
  else if (typeof value === 'number') writeNumber(writer, value);
  else if (typeof value === 'boolean') writeFlag(writer, value);
  else if (typeof value !== 'object' || value === null) writer.u8(TAG.null);
  else if (Array.isArray(value)) {
    writer.view.setUint32(writeListStart(writer), value.length, true);
    for (let i = 0; i < value.length; i++) writeValue(writer, value[i]);
  } else {
    writeObjectStart(writer);
    writeData(writer, value);
  }
};

export const writeFlag = (writer: ByteWriter, value: boolean): void => writer.u8(value ? TAG.true : TAG.false);

/** Fields and {@link DATA_END} follow. */
export const writeObjectStart = (writer: ByteWriter): void => writer.u8(TAG.object);

/** @returns where the number of the values that follow belongs */
export const writeListStart = (writer: ByteWriter): number => {
  writer.u8(TAG.list);
  writer.u32(0);
  return writer.end - 4;
};

export const writeNumber = (writer: ByteWriter, value: number): void => {
  if ((value | 0) === value) {
    if (value >= 0 && value <= BYTE_MAX) {
      writer.u8(TAG.byte);
      writer.u8(value);
    } else {
      writer.u8(TAG.integer);
      writer.i32(value);
    }
    return;
  }
  const cents = Math.round(value * 100);
  if ((cents | 0) === cents && cents / 100 === value) {
    writer.u8(TAG.cents);
    writer.i32(cents);
  } else if (Number.isFinite(value)) {
    writer.u8(TAG.double);
    writer.f64(value);
  } else {
    writer.u8(TAG.null);
  }
};

const writeText = (writer: ByteWriter, text: string): void => {
  if (text.length <= SHORT_UNITS_MAX) {
    writer.u8(TAG.text);
    writer.u8(0);
    const at = writer.end - 1;
    const bytes = writer.text(text);
    writer.buffer[at] = bytes;
    if (bytes !== text.length && !text.isWellFormed()) {
      writer.end = at - 1;
      writeLongText(writer, TAG.jsonText, JSON.stringify(text));
    }
    return;
  }
  if (text.isWellFormed()) writeLongText(writer, TAG.longText, text);
  else writeLongText(writer, TAG.jsonText, JSON.stringify(text));
};

/** A text that is UTF-8 already. @param units of UTF-16 that it has */
export const writeTextBytes = (
  writer: ByteWriter,
  bytes: Uint8Array,
  start: number,
  end: number,
  units: number,
): void => {
  if (units <= SHORT_UNITS_MAX) {
    writer.u8(TAG.text);
    writer.u8(end - start);
  } else {
    writer.u8(TAG.longText);
    writer.u32(end - start);
  }
  writer.bytes(bytes, start, end);
};

const writeLongText = (writer: ByteWriter, tag: number, text: string): void => {
  writer.u8(tag);
  writer.u32(0);
  const at = writer.end - 4;
  const bytes = writer.text(text);
  writer.view.setUint32(at, bytes, true);
};

/** Reads what {@link writeData} has written. */
export class DataReader {
  readonly #texts: string[] = new Array<string>(CACHED_TEXTS).fill('');
  #buffer: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  readonly #hashes = new Uint32Array(CACHED_TEXTS).fill(textHash(''));
  /** Hash of the last text, 0 where it was not worked out. */
  #hash = 0;

  reset(buffer: Buffer, view: DataView): void {
    this.#buffer = buffer;
    this.#view = view;
  }

  /**
   * @param start of the data, `end` where it must end
   * @throws BeckonError LOG_DAMAGED
   */
  read(start: number, end: number): Record<string, unknown> {
    this.#at = start;
    try {
      const data = this.#object();
      if (this.#at === end) return data;
    } catch (cause) {
      if (!isOfLength(cause)) throw cause;
    }
    throw damagedData(start);
  }

  /**
   * Tells the fields one by one, without making an object. Those whose name is written out are left out.
   * @param values have been told to begin
   * @param wanted where only some fields are: 0 at the position of a name for those that are left out, in lines too
   * @throws BeckonError LOG_DAMAGED
   */
  tell(values: EventValues, start: number, end: number, wanted?: Uint8Array): void {
    this.#at = start;
    try {
      this.#tellFields(values, values, wanted);
      if (this.#at === end) return;
    } catch (cause) {
      if (!isOfLength(cause)) throw cause;
    }
    throw damagedData(start);
  }

  /** @param event undefined in a line, which has no lines */
  #tellFields(into: FieldValues, event: EventValues | undefined, wanted: Uint8Array | undefined): void {
    for (let code = this.#buffer[this.#at++]; code !== DATA_END; code = this.#buffer[this.#at++]) {
      if (code === NAME_WRITTEN_OUT) {
        this.#skip();
        this.#skip();
        continue;
      }
      if (!(code < FIELD_NAMES.length)) throw damagedData(this.#at);
      if (wanted?.[code] === 0) this.#skip();
      else if (code === LINES && event !== undefined && this.#buffer[this.#at] === TAG.list)
        this.#tellLines(event, wanted);
      else this.#tellField(into, code);
    }
  }

  #tellLines(event: EventValues, wanted: Uint8Array | undefined): void {
    this.#at++;
    event.beginLines();
    for (let left = this.#length(); left > 0; left--) {
      if (this.#buffer[this.#at++] !== TAG.object) throw damagedData(this.#at);
      this.#tellFields(event.addLine(), undefined, wanted);
    }
  }

  #tellField(into: FieldValues, code: number): void {
    const at = this.#at;
    switch (this.#buffer[at]) {
      case TAG.false:
      case TAG.true:
        this.#at = at + 1;
        into.tellBoolean(code, this.#buffer[at] === TAG.true);
        return;
      case TAG.byte:
        this.#at = at + 2;
        into.tellNumber(code, this.#buffer[at + 1]);
        return;
      case TAG.integer:
        this.#at = at + 5;
        into.tellNumber(code, this.#view.getInt32(at + 1, true));
        return;
      case TAG.cents:
        this.#at = at + 5;
        into.tellNumber(code, this.#view.getInt32(at + 1, true) / 100);
        return;
      case TAG.double:
        this.#at = at + 9;
        into.tellNumber(code, this.#view.getFloat64(at + 1, true));
        return;
      case TAG.text: {
        this.#at = at + 2;
        const text = this.#text(this.#buffer[at + 1]);
        into.tellText(code, text, this.#hash);
        return;
      }
      default: {
        const value = this.#value();
        if (typeof value === 'string') into.tellText(code, value, 0);
        else into.tellOther(code, value);
      }
    }
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    for (let code = this.#buffer[this.#at++]; code !== DATA_END; code = this.#buffer[this.#at++]) {
      const name = code === NAME_WRITTEN_OUT ? (this.#value() as string) : FIELD_NAMES[code];
      if (name === undefined) throw damagedData(this.#at);
      object[name] = this.#value();
    }
    return object;
  }

  #value(): unknown {
    const tag = this.#buffer[this.#at++];
    switch (tag) {
      case TAG.null:
        return null;
      case TAG.false:
        return false;
      case TAG.true:
        return true;
      case TAG.byte:
        return this.#buffer[this.#at++];
      case TAG.integer:
        this.#at += 4;
        return this.#view.getInt32(this.#at - 4, true);
      case TAG.cents:
        this.#at += 4;
        return this.#view.getInt32(this.#at - 4, true) / 100;
      case TAG.double:
        this.#at += 8;
        return this.#view.getFloat64(this.#at - 8, true);
      case TAG.text:
        return this.#text(this.#buffer[this.#at++]);
      case TAG.longText:
        return this.#text(this.#length());
      case TAG.jsonText:
        return JSON.parse(this.#text(this.#length()));
      case TAG.list: {
        const count = this.#length();
        const list: unknown[] = [];
        for (let i = 0; i < count; i++) list.push(this.#value());
        return list;
      }
      case TAG.object:
        return this.#object();
      default:
        throw damagedData(this.#at);
    }
  }

  /** Steps over a value, without making it where that is easy. */
  #skip(): void {
    switch (this.#buffer[this.#at]) {
      case TAG.text:
        this.#at += 2 + this.#buffer[this.#at + 1];
        return;
      case TAG.integer:
      case TAG.cents:
        this.#at += 5;
        return;
      default:
        this.#value();
    }
  }

  #length(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  #text(bytes: number): string {
    const start = this.#at;
    this.#at += bytes;
    this.#hash = 0;
    if (bytes <= CACHED_BYTES_MAX) return this.#cachedText(start, this.#at);
    return this.#buffer.toString('utf8', start, this.#at);
  }

  /** Short texts come again and again: an sku, a store, a channel. To find one costs less than to make it. */
  #cachedText(start: number, end: number): string {
    const buffer = this.#buffer;
    let hash = end - start;
    for (let i = start; i < end; i++) hash = Math.imul(hash, 31) + buffer[i];
    const place = (hash ^ (hash >>> 15)) & (CACHED_TEXTS - 1);
    const known = this.#texts[place];
    if (known.length === end - start) {
      let i = start;
      while (i < end && known.charCodeAt(i - start) === buffer[i]) i++;
      if (i === end) {
        this.#hash = this.#hashes[place];
        return known;
      }
    }
    const text = buffer.toString('utf8', start, end);
    this.#texts[place] = text;
    this.#hash = textHash(text);
    this.#hashes[place] = this.#hash;
    return text;
  }
}

/** A length that points behind the buffer. */
const isOfLength = (cause: unknown): boolean => cause instanceof RangeError || cause instanceof SyntaxError;

const damagedData = (at: number): BeckonError =>
  new BeckonError('LOG_DAMAGED', `the data of the record at byte ${at} cannot be read`);
