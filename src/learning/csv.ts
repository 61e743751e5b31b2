import { formatTime } from '../base/clock.ts';
import { ByteWriter } from '../events/byte-writer.ts';
import type { ExportRow } from './export.ts';
import { NUMBER_BYTES_MAX, NumberText } from './number-text.ts';
import type { RowEncoder } from './row-encoder.ts';
import type { SaidColumn } from './said-columns.ts';

/** Few writes, and still little in memory. */
const PIECE_BYTES = 256 * 1024;
const COMMA = 44;
const LINE_FEED = 10;
const ZERO = 48;
/** A comma and a number, in whole words: the first two are copied whatever they hold, which most cells fit into. */
const CELL_BYTES = Math.ceil((1 + NUMBER_BYTES_MAX) / 4) * 4;
/** Longer cells are copied byte by byte from here on. */
const WORD_BYTES = 8;

/** RFC 4180: what could be taken for a separator stands in quotation marks. */
const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** `customerId,at,<what the event says>,<features>,<labels>`, without a line end. */
const csvHeader = (said: readonly SaidColumn[], features: readonly string[], labels: readonly string[]): string =>
  ['customerId', 'at', ...said.map(({ name }) => name), ...features, ...labels].join(',');

/**
 * Rows as CSV with a header, in UTF-8. Numbers are in the shortest form that reads back as the same 64-bit float; what is
 * not known is empty.
 */
export class CsvEncoder implements RowEncoder {
  private writer = new ByteWriter();
  private readonly numbers = new NumberText();
  /** The last value of each feature and its cell, comma first: many are defaults or the same for everybody. */
  private readonly values: Float64Array;
  private readonly cells: Uint8Array;
  private readonly cellWords: DataView;
  private readonly cellBytes: Uint8Array;
  private timeMs = Number.NaN;
  private time = '';

  constructor(said: readonly SaidColumn[], features: readonly string[], labels: readonly string[]) {
    this.values = new Float64Array(features.length).fill(Number.NaN);
    this.cells = new Uint8Array(features.length * CELL_BYTES).fill(COMMA);
    this.cellWords = new DataView(this.cells.buffer);
    this.cellBytes = new Uint8Array(features.length);
    this.writer.text(`${csvHeader(said, features, labels)}\n`);
  }

  add({ customerId, atMs, said, features, labels }: ExportRow): Uint8Array | undefined {
    const { writer } = this;
    if (atMs !== this.timeMs) {
      this.timeMs = atMs;
      this.time = `,${formatTime(atMs)}`;
    }
    writer.text(field(customerId));
    writer.text(this.time);
    for (const value of said) writer.text(value === undefined ? ',' : `,${field(String(value))}`);
    writer.reserve((features.length + 1) * CELL_BYTES + labels.length * 2 + 1);
    this.writeFeatures(features);
    const { buffer } = writer;
    let { end } = writer;
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i];
      buffer[end++] = COMMA;
      if (label !== undefined) buffer[end++] = ZERO + label;
    }
    buffer[end++] = LINE_FEED;
    writer.end = end;
    return end < PIECE_BYTES ? undefined : this.end();
  }

  end(): Uint8Array {
    const { buffer, end } = this.writer;
    // A buffer of its own for each piece: a stream may still hold the last one.
    this.writer = new ByteWriter(buffer.length);
    return buffer.subarray(0, end);
  }

  /** Where there is room, also for what is copied behind the last cell. */
  private writeFeatures(features: Float64Array): void {
    const { writer, values, cells, cellWords, cellBytes } = this;
    const { buffer, view } = writer;
    let at = writer.end;
    for (let i = 0; i < features.length; i++) {
      const value = features[i];
      const cell = i * CELL_BYTES;
      if (value !== values[i]) {
        values[i] = value;
        cellBytes[i] = this.numbers.write(value, cells, cell + 1) - cell;
      }
      const bytes = cellBytes[i];
      view.setUint32(at, cellWords.getUint32(cell, true), true);
      view.setUint32(at + 4, cellWords.getUint32(cell + 4, true), true);
      for (let k = WORD_BYTES; k < bytes; k++) buffer[at + k] = cells[cell + k];
      at += bytes;
    }
    writer.end = at;
  }
}
