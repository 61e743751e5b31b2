import { formatTime } from '../base/clock.ts';
import type { ExportRow } from './export.ts';
import type { RowEncoder } from './row-encoder.ts';
import type { SaidColumn } from './said-columns.ts';

/** Few writes, and still little in memory. */
const PIECE_CHARS = 256 * 1024;

/** RFC 4180: what could be taken for a separator stands in quotation marks. */
const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** `customerId,at,<what the event says>,<features>,<labels>`, without a line end. */
export const csvHeader = (
  said: readonly SaidColumn[],
  features: readonly string[],
  labels: readonly string[],
): string => ['customerId', 'at', ...said.map(({ name }) => name), ...features, ...labels].join(',');

/** Rows as lines, without their ends. */
export class CsvRows {
  /** The last value of each column and its text: many are defaults or the same for everybody. */
  private readonly values: Float64Array;
  private readonly texts: string[];
  private timeMs = Number.NaN;
  private time = '';

  constructor(features: number) {
    this.values = new Float64Array(features).fill(Number.NaN);
    this.texts = new Array<string>(features).fill('');
  }

  /** Numbers are in the shortest form that reads back as the same 64-bit float; what is not known is empty. */
  line({ customerId, atMs, said, features, labels }: ExportRow): string {
    const { values, texts } = this;
    if (atMs !== this.timeMs) {
      this.timeMs = atMs;
      this.time = formatTime(atMs);
    }
    let line = `${field(customerId)},${this.time}`;
    for (const value of said) line += value === undefined ? ',' : `,${field(String(value))}`;
    for (let i = 0; i < features.length; i++) {
      const value = features[i];
      if (value !== values[i]) {
        values[i] = value;
        texts[i] = `,${value}`;
      }
      line += texts[i];
    }
    for (const label of labels) line += label === undefined ? ',' : `,${label}`;
    return line;
  }
}

/** Rows as CSV with a header. */
export class CsvEncoder implements RowEncoder {
  private readonly rows: CsvRows;
  private waiting: string;

  constructor(said: readonly SaidColumn[], features: readonly string[], labels: readonly string[]) {
    this.rows = new CsvRows(features.length);
    this.waiting = `${csvHeader(said, features, labels)}\n`;
  }

  add(row: ExportRow): string | undefined {
    this.waiting += `${this.rows.line(row)}\n`;
    return this.waiting.length < PIECE_CHARS ? undefined : this.end();
  }

  end(): string {
    const piece = this.waiting;
    this.waiting = '';
    return piece;
  }
}
