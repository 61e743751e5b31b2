import { once } from 'node:events';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { BeckonError } from '../base/errors.ts';

/**
 * Pieces on their way to a file or to stdout, never faster than it takes them. A file gets its name when it is whole, so
 * that an export that broke off is not taken for one that ended.
 */
export class ExportFile {
  private readonly path: string | undefined;
  private readonly stream: Writable;
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

  /** Resolves when more may come. @throws BeckonError FILE_UNWRITABLE */
  async write(piece: string | Uint8Array): Promise<void> {
    if (this.failure !== undefined) throw unwritable(this.path as string, this.failure);
    if (this.stream.write(piece)) return;
    try {
      await once(this.stream, 'drain');
    } catch (error) {
      throw this.path === undefined ? error : unwritable(this.path, error);
    }
  }

  /** @throws BeckonError FILE_UNWRITABLE */
  async end(): Promise<void> {
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
}

const partOf = (path: string): string => `${path}.part`;

const unwritable = (path: string, error: unknown): BeckonError =>
  new BeckonError('FILE_UNWRITABLE', `${path} cannot be written: ${(error as Error).message}`, { cause: error });
