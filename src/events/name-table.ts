/** Start of the hash of a name; see {@link nextHash}. */
export const NAME_SEED = 0x811c9dc5 | 0;

/** The hash of a name and one byte more. */
export const nextHash = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193);

/** Finds names by their bytes, so that no text is made. Names are ASCII and not many. */
export class NameTable {
  readonly #names: readonly Uint8Array[];
  /** Index + 1 by hash, open addressing; 0 is empty. */
  readonly #places: Uint16Array;
  readonly #mask: number;

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => Buffer.from(name, 'latin1'));
    const size = 2 ** Math.ceil(Math.log2(names.length * 4 + 2));
    this.#places = new Uint16Array(size);
    this.#mask = size - 1;
    for (const [index, name] of this.#names.entries()) {
      let place = placeOf(name.reduce(nextHash, NAME_SEED));
      while (this.#places[place & this.#mask] !== 0) place++;
      this.#places[place & this.#mask] = index + 1;
    }
  }

  /** @param hash of the bytes from start to end @returns the index of the name, -1 where it is none */
  find(bytes: Uint8Array, start: number, end: number, hash = hashOf(bytes, start, end)): number {
    for (let place = placeOf(hash) & this.#mask; ; place = (place + 1) & this.#mask) {
      const index = this.#places[place] - 1;
      if (index < 0) return -1;
      const name = this.#names[index];
      if (name.length !== end - start) continue;
      let i = 0;
      while (i < name.length && name[i] === bytes[start + i]) i++;
      if (i === name.length) return index;
    }
  }
}

const hashOf = (bytes: Uint8Array, start: number, end: number): number => {
  let hash = NAME_SEED;
  for (let i = start; i < end; i++) hash = nextHash(hash, bytes[i]);
  return hash;
};

/** The lower bits of a product know little of the upper ones. */
const placeOf = (hash: number): number => hash ^ (hash >>> 15);
