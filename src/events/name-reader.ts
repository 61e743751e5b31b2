import type { JsonScanner } from './json-scanner.ts';
import { NameTable } from './name-table.ts';

/**
 * Reads the names of fields. A producer writes its fields in the same order each time, so the name that followed the last
 * one before is tried first: that is one comparison, and no hash.
 */
export class NameReader {
  readonly #table: NameTable;
  /** `"name":` of each. */
  readonly #quoted: readonly Uint8Array[];
  /** By the index of a name + 1: that of the name which came after it the last time. */
  readonly #next: Uint16Array;

  constructor(names: readonly string[]) {
    this.#table = new NameTable(names);
    this.#quoted = names.map((name) => Buffer.from(`"${name}":`, 'latin1'));
    this.#next = new Uint16Array(names.length + 1);
  }

  /**
   * Takes a name and its colon.
   * @param before index of the name before it in the object, -1 where it is the first
   * @returns its index, -1 where it is none of these or not plain
   */
  take(json: JsonScanner, before: number): number {
    const guess = this.#next[before + 1];
    if (json.takeWord(this.#quoted[guess])) {
      json.skipSpace();
      return guess;
    }
    if (!json.takeName()) return -1;
    const index = this.#table.find(json.input, json.start, json.end, json.hash);
    if (index >= 0) this.#next[before + 1] = index;
    return index;
  }
}
