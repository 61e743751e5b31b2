import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Owner } from '../support/service.ts';

/**
 * What the client was promised: the number of each acknowledged order, one a line, synced before it counts. Answers of one
 * turn of the loop share a sync.
 */
export class Ledger {
  /** Orders in the ledger, one acknowledged twice counted twice. */
  count = 0;
  readonly #path: string;
  readonly #file: number;
  #waiting: number[] = [];

  constructor(owner: Owner, path: string) {
    this.#path = path;
    this.#file = openSync(path, 'a');
    owner.after(() => closeSync(this.#file));
  }

  acknowledge(orders: readonly number[]): void {
    if (this.#waiting.length === 0) setImmediate(() => this.flush());
    this.#waiting.push(...orders);
  }

  flush(): void {
    if (this.#waiting.length === 0) return;
    writeSync(this.#file, `${this.#waiting.join('\n')}\n`);
    fdatasyncSync(this.#file);
    this.count += this.#waiting.length;
    this.#waiting = [];
  }

  /** As it is on disk. */
  read(): Set<number> {
    this.flush();
    return new Set(readFileSync(this.#path, 'utf8').split('\n').filter(Boolean).map(Number));
  }
}
