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

/**
 * A row as a line, without its end. Numbers are in the shortest form that reads back as the same 64-bit float; what is
 * not known is empty.
 */
export const csvRow = ({ customerId, atMs, said, features, labels }: ExportRow): string => {
  let line = `${field(customerId)},${formatTime(atMs)}`;
  for (const value of said) line += value === undefined ? ',' : `,${field(String(value))}`;
  for (let i = 0; i < features.length; i++) line += `,${features[i]}`;
  for (const label of labels) line += label === undefined ? ',' : `,${label}`;
  return line;
};

/** Rows as CSV with a header. */
export class CsvEncoder implements RowEncoder {
  private waiting: string;

  constructor(said: readonly SaidColumn[], features: readonly string[], labels: readonly string[]) {
    this.waiting = `${csvHeader(said, features, labels)}\n`;
  }

  add(row: ExportRow): string | undefined {
    this.waiting += `${csvRow(row)}\n`;
    return this.waiting.length < PIECE_CHARS ? undefined : this.end();
  }

  end(): string {
    const piece = this.waiting;
    this.waiting = '';
    return piece;
  }
}
