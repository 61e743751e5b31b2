import { closeSync, openSync, writeSync } from 'node:fs';
import { BeckonError } from '../../base/errors.ts';

const BUFFER_BYTES = 1 << 20;

/** Lines of ASCII text written to a file, a megabyte at a time. */
export class FileSink {
  private readonly path: string;
  private readonly file: number;
  private readonly buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  private used = 0;

  /** @throws BeckonError FILE_UNWRITABLE */
  constructor(path: string) {
    this.path = path;
    try {
      this.file = openSync(path, 'w');
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  take(line: string): void {
    if (this.used + line.length + 1 > BUFFER_BYTES) this.flush();
    if (line.length + 1 > BUFFER_BYTES) throw new Error('a line does not fit into the buffer');
    this.used += this.buffer.write(line, this.used, 'latin1');
    this.buffer[this.used++] = 0x0a;
  }

  endDay(): undefined {}

  close(): void {
    this.flush();
    closeSync(this.file);
  }

  private flush(): void {
    try {
      for (let written = 0; written < this.used; )
        written += writeSync(this.file, this.buffer, written, this.used - written);
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
    this.used = 0;
  }
}

const unwritable = (path: string, cause: unknown): BeckonError =>
  new BeckonError('FILE_UNWRITABLE', `${path} cannot be written: ${(cause as Error).message}`, { cause });
