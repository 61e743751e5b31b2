import { LIMITS } from '../base/limits.ts';
import type { ColdCustomer } from './cold-store.ts';

/** People with more ids than this are no people. */
const WALKED_MAX = 64;

/** A customer's own id, then each alias. */
export interface CustomerIds {
  /** @param into takes one id after the other @param visit told the length of the one that stands there */
  eachId(into: Uint8Array, idsMax: number, visit: (length: number) => void): void;
}

/** The ids of a customer whose row is not in memory. */
export const idsOfCold = ({ id, aliases }: ColdCustomer): CustomerIds => ({
  eachId(into, idsMax, visit) {
    for (const bytes of [id, ...aliases].slice(0, idsMax)) {
      const length = Math.min(into.length, bytes.length);
      for (let i = 0; i < length; i++) into[i] = bytes[i];
      visit(length);
    }
  },
});

/** The aliases of one customer under the schemes that are asked for: at most one a scheme, the smallest by its bytes. */
export class Addresses {
  /** Bit i: there is an alias of the i-th scheme. */
  bits = 0;
  readonly bytes: Buffer;
  readonly lengths: Int32Array;

  constructor(schemes: number) {
    this.bytes = Buffer.alloc(schemes * LIMITS.idBytesMax);
    this.lengths = new Int32Array(schemes);
  }

  /** @returns the alias of a scheme, undefined where there is none */
  text(scheme: number): string | undefined {
    if (scheme < 0 || (this.bits & (1 << scheme)) === 0) return undefined;
    const from = scheme * LIMITS.idBytesMax;
    return this.bytes.toString('utf8', from, from + this.lengths[scheme]);
  }
}

/** Finds a customer's aliases by scheme. One a thread. */
export class AliasReader {
  private readonly prefixes: readonly Buffer[];
  private readonly id = new Uint8Array(LIMITS.idBytesMax);

  /** @param schemes such as `phone` for aliases `phone:…`; at most 30 */
  constructor(schemes: readonly string[]) {
    this.prefixes = schemes.map((scheme) => Buffer.from(`${scheme}:`));
  }

  /** What is read while the writer changes them may be anybody's. */
  read(ids: CustomerIds, into: Addresses): void {
    into.bits = 0;
    if (this.prefixes.length > 0) ids.eachId(this.id, WALKED_MAX, (length) => this.take(length, into));
  }

  private take(length: number, into: Addresses): void {
    const { prefixes, id } = this;
    for (let scheme = 0; scheme < prefixes.length; scheme++) {
      if (!startsWith(id, length, prefixes[scheme])) continue;
      const at = scheme * LIMITS.idBytesMax;
      const isFirst = (into.bits & (1 << scheme)) === 0;
      if (isFirst || isSmaller(id, length, into.bytes, at, into.lengths[scheme])) {
        for (let i = 0; i < length; i++) into.bytes[at + i] = id[i];
        into.lengths[scheme] = length;
        into.bits |= 1 << scheme;
      }
      return;
    }
  }
}

const startsWith = (id: Uint8Array, length: number, prefix: Uint8Array): boolean => {
  if (length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (id[i] !== prefix[i]) return false;
  return true;
};

const isSmaller = (id: Uint8Array, length: number, other: Uint8Array, at: number, otherLength: number): boolean => {
  const shorter = Math.min(length, otherLength);
  for (let i = 0; i < shorter; i++) if (id[i] !== other[at + i]) return id[i] < other[at + i];
  return length < otherLength;
};
