import { type CsvError, type Parser, parse } from 'csv-parse';
import { BeckonError } from '../../base/errors.ts';
import { ROW_INVALID, type Tally } from './tally.ts';
import type { TextFile } from './text-file.ts';

/** Rows of a table, in the order of the file. */
interface RowBatch {
  readonly rows: readonly (readonly string[])[];
  /** Number of the first row, the first line of the file being row 1. */
  readonly firstRow: number;
}

type Split = (line: string) => string[];

const splitter = (firstLine: string): { split: Split; delimiter: string } => {
  const count = (mark: string): number => firstLine.split(mark).length - 1;
  if (count(',') + count(';') === 0) return { split: (line) => line.trim().split(/[ \t]+/), delimiter: ' ' };
  const delimiter = count(';') > count(',') ? ';' : ',';
  return { split: (line) => line.split(delimiter), delimiter };
};

/**
 * Rows of a file with separated columns: by `,`, `;` or blanks, whichever the first line uses.
 *
 * Until the first quotation mark lines are split here (2 M rows/s), from there on by csv-parse (0.25-0.35 M rows/s),
 * which would be the slowest part of a replay. Rows that csv-parse cannot read are counted in the tally and left out.
 */
export async function* readRows(file: TextFile, tally: Tally): AsyncGenerator<RowBatch> {
  let rest = '';
  let firstRow = 1;
  let form: ReturnType<typeof splitter> | undefined;
  let quoted: Parser | undefined;
  for await (const chunk of file.chunks()) {
    if (quoted === undefined) {
      rest += firstRow === 1 && rest === '' && chunk.charCodeAt(0) === 0xfeff ? chunk.slice(1) : chunk;
      const end = rest.lastIndexOf('\n') + 1;
      if (end === 0) continue;
      form ??= splitter(rest.slice(0, rest.indexOf('\n')));
      if (form.delimiter === ' ' || !rest.includes('"')) {
        const rows = splitLines(rest, end, form.split);
        yield { rows, firstRow };
        firstRow += rows.length;
        rest = rest.slice(end);
        continue;
      }
      quoted = quotedParser(form.delimiter, file, tally);
      quoted.write(rest);
    } else quoted.write(chunk);
    const rows = drain(quoted);
    yield { rows, firstRow };
    firstRow += rows.length;
  }
  if (quoted !== undefined) {
    yield { rows: await finish(quoted, file), firstRow };
  } else if (rest !== '') {
    form ??= splitter(rest);
    yield { rows: splitLines(`${rest}\n`, rest.length + 1, form.split), firstRow };
  }
}

/** Empty lines stay in as empty rows, so that row numbers are line numbers. */
const splitLines = (text: string, end: number, split: Split): string[][] => {
  const rows: string[][] = [];
  for (let start = 0; start < end; ) {
    const next = text.indexOf('\n', start);
    const last = text.charCodeAt(next - 1) === 13 && next > start ? next - 1 : next;
    rows.push(last === start ? [] : split(text.slice(start, last)));
    start = next + 1;
  }
  return rows;
};

const quotedParser = (delimiter: string, file: TextFile, tally: Tally): Parser => {
  const parser = parse({
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    skip_records_with_error: true,
    skip_empty_lines: true,
  });
  parser.on('skip', (error: CsvError) => {
    tally.rowsRead++;
    tally.reject(ROW_INVALID, 1, `${file.path} row ${Number(error.records) + 1}: ${error.message}`);
  });
  return parser;
};

const drain = (parser: Parser): string[][] => {
  const rows: string[][] = [];
  for (let row = parser.read() as string[] | null; row !== null; row = parser.read() as string[] | null) rows.push(row);
  return rows;
};

const finish = async (parser: Parser, file: TextFile): Promise<string[][]> => {
  parser.end();
  const rows: string[][] = [];
  try {
    for await (const row of parser) rows.push(row as string[]);
  } catch (error) {
    throw new BeckonError('FILE_UNREADABLE', `${file.path}: ${(error as Error).message}`, { cause: error });
  }
  return rows;
};
