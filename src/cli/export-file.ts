import { once } from 'node:events';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { BeckonError } from '../base/errors.ts';

/** Few writes, and still little in memory. */
const CHUNK_CHARS = 256 * 1024;

/**
 * Lines on their way to a file or to stdout, never faster than it takes them. A file gets its name when it is whole, so
 * that an export that broke off is not taken for one that ended.
 */
export class ExportFile {
  private readonly path: string | undefined;
  private readonly stream: Writable;
  private waiting = '';
  private failure: Error | undefined;

  /** @param path undefined for `stdout`. Errors come from the first {@link write} or from {@link end}. */
  constructor(path: string | undefined, stdout: Writable) {
    this.path = path;
    this.stream = path === undefined ? stdout : createWriteStream(partOf(path));
    if (path !== undefined)
      this.stream.on('error', (error) => {
        this.failure = error;
      });
  }

  /** @returns undefined where there is no need to wait */
  write(line: string): Promise<void> | undefined {
    this.waiting += line;
    this.waiting += '\n';
    return this.waiting.length < CHUNK_CHARS ? undefined : this.flush();
  }

  /** @throws BeckonError FILE_UNWRITABLE */
  async end(): Promise<void> {
    await this.flush();
    if (this.path === undefined) return;
    try {
      this.stream.end();
      await finished(this.stream);
      renameSync(partOf(this.path), this.path);
    } catch (error) {
      throw unwritable(this.path, error);
    }
  }

  /** Leaves nothing behind of what was not ended. */
  abandon(): void {
    if (this.path === undefined) return;
    this.stream.destroy();
    rmSync(partOf(this.path), { force: true });
  }

  private async flush(): Promise<void> {
    const text = this.waiting;
    this.waiting = '';
    if (this.failure !== undefined) throw unwritable(this.path as string, this.failure);
    if (this.stream.write(text)) return;
    try {
      await once(this.stream, 'drain');
    } catch (error) {
      throw this.path === undefined ? error : unwritable(this.path, error);
    }
  }
}

const partOf = (path: string): string => `${path}.part`;

const unwritable = (path: string, error: unknown): BeckonError =>
  new BeckonError('FILE_UNWRITABLE', `${path} cannot be written: ${(error as Error).message}`, { cause: error });
