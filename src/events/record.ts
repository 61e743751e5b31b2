import { BeckonError } from '../base/errors.ts';
import { shardOf } from '../base/hash.ts';
import { ByteWriter } from './byte-writer.ts';
import { definitionOfCode, definitionOfType, type EventType } from './catalogue.ts';
import { DataReader, writeData } from './data-bytes.ts';
import type { Event } from './event.ts';
import { type Data, EventValues } from './field-values.ts';

/**
 * One event in the log. Little-endian, unaligned:
 *
 *     0  u32 length of the whole record    16  u16 bytes of the subject     24  u32 bytes of the extensions
 *     4  u8  format                        18  u16 bytes of the source      28  u32 bytes of the data
 *     5  u8  flags (1: it has a time)      20  u16 bytes of the id          32  subject, source, id,
 *     6  u16 code of the type              22  u16 0                            extensions (JSON), data
 *     8  f64 time in ms, 0 without one
 *
 * Lengths come first, so that a customer or the identity of an event is hashed without making a string.
 *
 * What an erased customer's event leaves (`residue.ts`) has a format of its own, so that no earlier version takes it for
 * an event: the same header, nobody's subject, source and id, and the residue as data, in JSON.
 */
const FORMAT = 3;
export const RESIDUE_FORMAT = 2;
/** What the first versions wrote: the data is JSON. */
const JSON_FORMAT = 1;
const FORMAT_MAX = 3;
export const HAS_TIME = 1;
export const HEADER_BYTES = 32;

/** Events that came together, as {@link RecordWriter} packs them. */
export interface Chunk {
  readonly records: Uint8Array;
  readonly count: number;
  /** Greatest time of an event, ms since the epoch; -Infinity where none has one. */
  readonly latestMs: number;
}

/** Packs events into one growing buffer, which is used again after `reset`. */
export class RecordWriter {
  count = 0;
  /** Greatest time among them, -Infinity where none has one. */
  latestMs = Number.NEGATIVE_INFINITY;
  /** The time of the last one, NaN where it has none. */
  lastMs = Number.NaN;
  /** Where the parts of a record go that {@link begin} has begun. */
  readonly out = new ByteWriter();
  #start = 0;
  #dataStart = 0;

  write(event: Event): void {
    const { extensions } = event;
    const { out } = this;
    this.begin();
    const subjectBytes = out.text(event.subject);
    const sourceBytes = out.text(event.source);
    const idBytes = out.text(event.id);
    if ((subjectBytes | sourceBytes | idBytes) > 0xffff) {
      out.end = this.#start;
      throw new Error('an event with an id that was never checked must not reach the log');
    }
    this.beginData(
      subjectBytes,
      sourceBytes,
      idBytes,
      extensions === undefined ? 0 : out.text(JSON.stringify(extensions)),
    );
    writeData(out, event.data);
    this.end(definitionOfType(event.type)!.code, event.timeMs);
  }

  /** Begins a record; its subject, source, id and extensions are to be written to {@link out} next. */
  begin(): void {
    const { out } = this;
    out.reserve(HEADER_BYTES);
    this.#start = out.end;
    out.end += HEADER_BYTES;
  }

  /** Told how long these are; the data is to be written to {@link out} next. */
  beginData(subjectBytes: number, sourceBytes: number, idBytes: number, extensionBytes: number): void {
    const { view } = this.out;
    const start = this.#start;
    view.setUint16(start + 16, subjectBytes, true);
    view.setUint16(start + 18, sourceBytes, true);
    view.setUint16(start + 20, idBytes, true);
    view.setUint16(start + 22, 0, true);
    view.setUint32(start + 24, extensionBytes, true);
    this.#dataStart = this.out.end;
  }

  /** Ends the record. @param timeMs NaN where the event has none */
  end(typeCode: number, timeMs: number): void {
    const { view, end } = this.out;
    const start = this.#start;
    const hasTime = !Number.isNaN(timeMs);
    view.setUint32(start, end - start, true);
    view.setUint8(start + 4, FORMAT);
    view.setUint8(start + 5, hasTime ? HAS_TIME : 0);
    view.setUint16(start + 6, typeCode, true);
    view.setFloat64(start + 8, hasTime ? timeMs : 0, true);
    view.setUint32(start + 28, end - this.#dataStart, true);
    this.count++;
    this.lastMs = timeMs;
    if (timeMs > this.latestMs) this.latestMs = timeMs;
  }

  /** Shard of the subject of the record that was written last. */
  lastShard(shards: number): number {
    const { buffer, view } = this.out;
    const start = this.#start + HEADER_BYTES;
    return shardOf(buffer, start, start + view.getUint16(this.#start + 16, true), shards);
  }

  /** The subject of the record that was written last. @param key taken for it where its bytes are the same */
  lastSubject(key: Buffer | null): Buffer {
    const { buffer, view } = this.out;
    const start = this.#start + HEADER_BYTES;
    const bytes = view.getUint16(this.#start + 16, true);
    if (key?.length === bytes && key.compare(buffer, start, start + bytes) === 0) return key;
    return Buffer.copyBytesFrom(buffer, start, bytes);
  }

  /** The records so far: a view that the next `write` or `reset` may change. */
  bytes(): Uint8Array {
    return this.out.buffer.subarray(0, this.out.end);
  }

  /** The records so far as the log's writer takes them; of {@link bytes}. */
  chunk(): Chunk {
    return { records: this.bytes(), count: this.count, latestMs: this.latestMs };
  }

  reset(): void {
    this.out.end = 0;
    this.count = 0;
    this.latestMs = Number.NEGATIVE_INFINITY;
  }

  /** What {@link rewind} goes back to. */
  mark(): RecordMark {
    return { end: this.out.end, count: this.count, latestMs: this.latestMs };
  }

  /** Forgets what was written since a {@link mark}, half a record too. */
  rewind({ end, count, latestMs }: RecordMark): void {
    this.out.end = end;
    this.count = count;
    this.latestMs = latestMs;
  }
}

interface RecordMark {
  readonly end: number;
  readonly count: number;
  readonly latestMs: number;
}

/**
 * A cursor over records. `next` moves it; the fields then speak of the record it stands on. Byte ranges are
 * positions in `bytes`, ends exclusive. What does not add up throws LOG_DAMAGED; what a newer version has written,
 * DATA_FORMAT_UNSUPPORTED.
 */
export class RecordReader {
  bytes: Uint8Array = new Uint8Array(0);
  typeCode = 0;
  /** Whether it is what the event of an erased customer has left. */
  isResidue = false;
  /** NaN where the producer gave no time. */
  timeMs = Number.NaN;
  subjectStart = 0;
  /** Also the start of the source. */
  subjectEnd = 0;
  /** Also the start of the id; source and id lie side by side, so one range covers the identity of the event. */
  sourceEnd = 0;
  idEnd = 0;
  #extensionsEnd = 0;
  #recordEnd = 0;
  #buffer: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #isJson = false;
  readonly #dataReader = new DataReader();
  #data: Record<string, unknown> | undefined;
  readonly #values = new EventValues();
  readonly #whole = (): Data => this.data();

  constructor(bytes?: Uint8Array) {
    if (bytes !== undefined) this.reset(bytes);
  }

  /** Puts the cursor before the first record of other bytes. */
  reset(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#dataReader.reset(this.#buffer, this.#view);
    this.#recordEnd = 0;
    this.#data = undefined;
  }

  /** Where the current record starts and ends, for copying it as it is. */
  get recordStart(): number {
    return this.subjectStart - HEADER_BYTES;
  }

  get recordEnd(): number {
    return this.#recordEnd;
  }

  /** Puts the cursor before the record that starts at a byte, as `recordStart` has told it. */
  seek(recordStart: number): void {
    this.#recordEnd = recordStart;
    this.#data = undefined;
  }

  /** @returns false at the end. */
  next(): boolean {
    const start = this.#recordEnd;
    const left = this.bytes.length - start;
    if (left === 0) return false;
    if (left < HEADER_BYTES) throw damaged(start, 'its header is cut off');
    const view = this.#view;
    const length = view.getUint32(start, true);
    if (length < HEADER_BYTES || length > left) throw damaged(start, `it claims ${length} of ${left} bytes`);
    const format = view.getUint8(start + 4);
    if (format < JSON_FORMAT || format > FORMAT_MAX)
      throw new BeckonError(
        'DATA_FORMAT_UNSUPPORTED',
        `the log has a record of format ${format}; this version reads up to ${FORMAT_MAX}`,
      );
    this.#isJson = format !== FORMAT;
    this.isResidue = format === RESIDUE_FORMAT;
    this.typeCode = view.getUint16(start + 6, true);
    this.timeMs = (view.getUint8(start + 5) & HAS_TIME) === 0 ? Number.NaN : view.getFloat64(start + 8, true);
    this.subjectStart = start + HEADER_BYTES;
    this.subjectEnd = this.subjectStart + view.getUint16(start + 16, true);
    this.sourceEnd = this.subjectEnd + view.getUint16(start + 18, true);
    this.idEnd = this.sourceEnd + view.getUint16(start + 20, true);
    this.#extensionsEnd = this.idEnd + view.getUint32(start + 24, true);
    this.#recordEnd = start + length;
    this.#data = undefined;
    if (this.#extensionsEnd + view.getUint32(start + 28, true) !== this.#recordEnd)
      throw damaged(start, 'its parts do not add up to its length');
    return true;
  }

  type(): EventType {
    const definition = definitionOfCode(this.typeCode);
    if (definition === undefined)
      throw new BeckonError('DATA_FORMAT_UNSUPPORTED', `the log has an event of the unknown code ${this.typeCode}`);
    return definition.type;
  }

  subject(): string {
    return this.#buffer.toString('utf8', this.subjectStart, this.subjectEnd);
  }

  source(): string {
    return this.#buffer.toString('utf8', this.subjectEnd, this.sourceEnd);
  }

  id(): string {
    return this.#buffer.toString('utf8', this.sourceEnd, this.idEnd);
  }

  /** Read once a record. */
  data(): Readonly<Record<string, unknown>> {
    this.#data ??= this.#isJson
      ? this.#json(this.#extensionsEnd, this.#recordEnd)
      : this.#dataReader.read(this.#extensionsEnd, this.#recordEnd);
    return this.#data;
  }

  /** The fields of the data, until the cursor moves. @param wanted as for `DataReader.tell` */
  values(wanted?: Uint8Array): EventValues {
    const values = this.#values;
    if (this.#isJson || this.#data !== undefined) values.take(this.data());
    else {
      values.beginTelling(this.#whole);
      this.#dataReader.tell(values, this.#extensionsEnd, this.#recordEnd, wanted);
    }
    return values;
  }

  event(): Event {
    return {
      type: this.type(),
      source: this.source(),
      id: this.id(),
      subject: this.subject(),
      timeMs: this.timeMs,
      data: this.data(),
      extensions: this.extensions(),
    };
  }

  extensions(): Event['extensions'] {
    if (this.#extensionsEnd === this.idEnd) return undefined;
    return this.#json(this.idEnd, this.#extensionsEnd) as Event['extensions'];
  }

  #json(start: number, end: number): Record<string, unknown> {
    try {
      return JSON.parse(this.#buffer.toString('utf8', start, end));
    } catch (cause) {
      throw new BeckonError('LOG_DAMAGED', `the record at byte ${this.recordStart} holds no JSON`, { cause });
    }
  }
}

const damaged = (start: number, why: string): BeckonError =>
  new BeckonError('LOG_DAMAGED', `the record at byte ${start} is damaged: ${why}`);
