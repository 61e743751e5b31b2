import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { BeckonError } from '../../base/errors.ts';

/** Beyond these a file is wrong as a whole, and the pattern is clear. */
const SHOWN_MAX = 50;

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** What could not be used, by file and line: the first ones to show, all of them in a file where one is asked for. */
export class Problems {
  count = 0;
  readonly shown: string[] = [];
  private readonly stream: WriteStream | undefined;
  private readonly path: string | undefined;
  private failure: Error | undefined;

  /** @param path of a CSV file for all of them: file, line, column, why */
  constructor(path: string | undefined) {
    this.path = path;
    this.stream = path === undefined ? undefined : createWriteStream(path);
    this.stream?.on('error', (error) => {
      this.failure = error;
    });
    this.stream?.write('file,line,column,why\n');
  }

  /** @param column empty where it is the row as a whole */
  add(file: string, line: number, column: string, why: string): void {
    this.count++;
    this.stream?.write(`${quoted(file)},${line},${quoted(column)},${quoted(why)}\n`);
    if (this.shown.length < SHOWN_MAX)
      this.shown.push(`${file}:${line}: ${column === '' ? '' : `column ${JSON.stringify(column)}: `}${why}`);
  }

  /** @throws BeckonError FILE_UNWRITABLE */
  async close(): Promise<void> {
    if (this.stream === undefined) return;
    try {
      this.stream.end();
      if (this.failure !== undefined) throw this.failure;
      await finished(this.stream);
    } catch (error) {
      throw new BeckonError('FILE_UNWRITABLE', `${this.path} cannot be written: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}
