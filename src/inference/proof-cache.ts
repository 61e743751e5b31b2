import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** More bundles than a data directory sees in years. */
const PROVEN_MAX = 1000;

/**
 * Keys of bundles that were proven on this machine, in a JSON file. It only saves time: a file that is missing or
 * damaged is as good as an empty one, and one that cannot be written is left alone.
 */
export class ProofCache {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  has(key: string): boolean {
    return this.#read().includes(key);
  }

  add(key: string): void {
    const proven = [...this.#read().filter((known) => known !== key), key].slice(-PROVEN_MAX);
    const temporary = `${this.#path}.${process.pid}.tmp`;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      writeFileSync(temporary, JSON.stringify({ proven }));
      renameSync(temporary, this.#path);
    } catch {
      // The next start proves again.
    }
  }

  #read(): string[] {
    try {
      const { proven } = JSON.parse(readFileSync(this.#path, 'utf8'));
      return Array.isArray(proven) ? proven.filter((key) => typeof key === 'string') : [];
    } catch {
      return [];
    }
  }
}
