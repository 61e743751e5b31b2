import { RecordReader } from '../events/record.ts';

const FIRST_BYTES = 2 ** 20;
const SLAB_BYTES_MAX = 2 ** 30;
/** Of the cache; most records take two. */
const LINE_BYTES = 64;

interface Slab {
  readonly bytes: Uint8Array;
  readonly reader: RecordReader;
}

/**
 * Records of a log in memory, in few large pieces with a reader each: whoever jumps from record to record would make a new
 * reader at every step otherwise.
 */
export class KeptRecords {
  private readonly slabs: Slab[] = [];
  private end = 0;
  /** Where the records of the last {@link keep} went. */
  slab = -1;
  start = 0;

  keep(records: Uint8Array): void {
    const last = this.slabs.at(-1);
    if (last === undefined || this.end + records.length > last.bytes.length) {
      const doubled = last === undefined ? FIRST_BYTES : Math.min(SLAB_BYTES_MAX, last.bytes.length * 2);
      const bytes = Buffer.allocUnsafeSlow(Math.max(doubled, records.length));
      this.slab = this.slabs.push({ bytes, reader: new RecordReader(bytes) }) - 1;
      this.end = 0;
    }
    this.slabs[this.slab].bytes.set(records, this.end);
    this.start = this.end;
    this.end += records.length;
  }

  /** Takes the records of the last {@link keep} away. */
  forget(): void {
    this.end = this.start;
  }

  /** Looks at a record. @returns something of it, which means nothing */
  touch(slab: number, start: number): number {
    const { bytes } = this.slabs[slab];
    const behind = start + LINE_BYTES;
    return bytes[start] | bytes[behind < bytes.length ? behind : start];
  }

  /** @param start of a record in the slab @returns a reader that stands on it until the next call */
  at(slab: number, start: number): RecordReader {
    const { reader } = this.slabs[slab];
    reader.seek(start);
    reader.next();
    return reader;
  }
}
