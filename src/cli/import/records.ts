import { type CsvError, type Parser, parse } from 'csv-parse';
import { BeckonError } from '../../base/errors.ts';
import type { TextFile } from '../formats/text-file.ts';

export interface FileRecord {
  readonly cells: readonly string[];
  /** Where it begins, the first line of the file being 1. */
  readonly line: number;
}

/** What csv-parse gives with `info`; `lines` is where the record ends. */
interface Parsed {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

/** Read as text before the delimiter is known. */
const HEAD_CHARS = 64 * 1024;

/**
 * Records of a CSV file, with their lines also where cells in quotation marks go over several.
 * @param delimiter undefined: whichever of `,` `;` tab and `|` the first line has most of
 * @param onDamage told the line of a record that cannot be read, and why
 * @throws BeckonError FILE_UNREADABLE
 */
export async function* readRecords(
  file: TextFile,
  delimiter: string | undefined,
  onDamage: (line: number, why: string) => void,
): AsyncGenerator<readonly FileRecord[]> {
  let parser: Parser | undefined;
  let failure: Error | undefined;
  let head = '';
  const open = (): Parser => {
    const made = parse({
      delimiter: delimiter ?? likelyDelimiter(head),
      bom: true,
      info: true,
      record_delimiter: '\n',
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
    });
    made.on('skip', (error: CsvError) => onDamage(Number(error.lines), error.message));
    made.on('error', (error: Error) => {
      failure = error;
    });
    made.write(head);
    return made;
  };
  for await (const chunk of unixLines(file.chunks())) {
    if (parser === undefined) {
      head += chunk;
      if (head.length < HEAD_CHARS && !head.includes('\n')) continue;
      parser = open();
    } else parser.write(chunk);
    yield drain(parser);
  }
  parser ??= open();
  const rest: FileRecord[] = [];
  parser.end();
  for await (const record of parser) rest.push(toRecord(record as Parsed));
  if (failure !== undefined)
    throw new BeckonError('FILE_UNREADABLE', `${file.path}: ${(failure as Error).message}`, { cause: failure });
  yield rest;
}

/** With `\n` at the end of each line: csv-parse counts an empty line that ends with `\r\n` twice. */
async function* unixLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let held = '';
  for await (const chunk of chunks) {
    const text = held + chunk;
    held = text.endsWith('\r') ? '\r' : '';
    yield text.slice(0, text.length - held.length).replaceAll('\r\n', '\n');
  }
  if (held !== '') yield held;
}

const drain = (parser: Parser): FileRecord[] => {
  const records: FileRecord[] = [];
  for (let next = parser.read() as Parsed | null; next !== null; next = parser.read() as Parsed | null)
    records.push(toRecord(next));
  return records;
};

const toRecord = ({ record, info }: Parsed): FileRecord => ({
  cells: record,
  line: info.lines - record.reduce((sum, cell) => sum + (cell.includes('\n') ? cell.split('\n').length - 1 : 0), 0),
});

const likelyDelimiter = (head: string): string => {
  const line = head.slice(0, head.includes('\n') ? head.indexOf('\n') : undefined);
  const count = (mark: string): number => line.split(mark).length - 1;
  return [',', ';', '\t', '|'].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
};
