import { type Residue, residueRecord, sealHash } from '../events/residue.ts';

/** A customer whose records are still in the log. */
export interface ErasureRequest {
  /** Of the `customer.erased` in the log. */
  readonly offset: number;
  /** What the customer was known by then. */
  readonly ids: readonly string[];
}

/** A dedupe hash as one number: 53 of its 64 bits. Two events that met here would both be duplicates already. */
export const hashNumber = (lo: number, hi: number): number => (hi & 0x1fffff) * 2 ** 32 + lo;

/** What the fold of the log finds to be rewritten. */
export class Erasures {
  private requests: ErasureRequest[] = [];
  /** Events of erased customers that were sent again since, by offset. */
  private again = new Map<number, Uint8Array>();
  private readonly erasedEvents = new Set<number>();
  private readonly secret: Uint8Array;

  /** @param secret of the log */
  constructor(secret: Uint8Array) {
    this.secret = secret;
  }

  get isEmpty(): boolean {
    return this.requests.length === 0 && this.again.size === 0;
  }

  add(request: ErasureRequest): void {
    this.requests.push(request);
  }

  /** An erased customer's event whose record is a residue, or is about to be one. */
  remember(lo: number, hi: number): void {
    this.erasedEvents.add(hashNumber(lo, hi));
  }

  /** A duplicate in the log: where it is an erased customer's, it names them again. */
  sentAgain(offset: number, typeCode: number, timeMs: number, shard: number, lo: number, hi: number): void {
    if (this.erasedEvents.size === 0 || !this.erasedEvents.has(hashNumber(lo, hi))) return;
    this.again.set(offset, residueOf(typeCode, timeMs, { shard, effects: [] }, shard, lo, hi, this.secret));
  }

  /** Hands over what was found so far. */
  take(): { requests: readonly ErasureRequest[]; again: Map<number, Uint8Array> } {
    const taken = { requests: this.requests, again: this.again };
    this.requests = [];
    this.again = new Map();
    return taken;
  }
}

/** A residue's record for an event with this dedupe hash. */
export const residueOf = (
  typeCode: number,
  timeMs: number,
  left: Pick<Residue, 'shard' | 'effects'>,
  dedupeShard: number,
  lo: number,
  hi: number,
  secret: Uint8Array,
): Uint8Array => residueRecord(typeCode, timeMs, { dedupeShard, sealedHash: sealHash(lo, hi, secret), ...left });
