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

/** {@link Erasures} as plain data. */
export interface ErasureFacts {
  /** Also of those that are being rewritten. */
  readonly requests: readonly ErasureRequest[];
  /** Offset and record in base64. */
  readonly again: readonly (readonly [offset: number, record: string])[];
  readonly events: readonly number[];
  /** Records folded before the last `customer.erased`, -1 where there was none. */
  readonly lastPlace: number;
}

/** What the fold of the log finds to be rewritten. */
export class Erasures {
  private requests: ErasureRequest[] = [];
  /** Events of erased customers that were sent again since, by offset. */
  private again = new Map<number, Uint8Array>();
  private readonly erasedEvents = new Set<number>();
  /** What {@link take} has handed over last, until it is {@link done}. */
  private taken: Pick<ErasureFacts, 'requests'> & { readonly again: ReadonlyMap<number, Uint8Array> } = NOTHING;
  /** Records folded before the last `customer.erased`, -1 where there was none. */
  lastPlace = -1;
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
    this.taken = { requests: taken.requests, again: new Map(taken.again) };
    this.requests = [];
    this.again = new Map();
    return taken;
  }

  /** What was taken stands in the log no more. */
  done(): void {
    this.taken = NOTHING;
  }

  get facts(): ErasureFacts {
    const again = [...this.taken.again, ...this.again];
    return {
      requests: [...this.taken.requests, ...this.requests],
      again: again.map(([offset, record]) => [offset, Buffer.from(record).toString('base64')]),
      events: [...this.erasedEvents],
      lastPlace: this.lastPlace,
    };
  }

  /** Goes on where another fold of the same log was. */
  resume({ requests, again, events, lastPlace }: ErasureFacts): void {
    this.requests.push(...requests);
    for (const [offset, record] of again) this.again.set(offset, Buffer.from(record, 'base64'));
    for (const event of events) this.erasedEvents.add(event);
    this.lastPlace = lastPlace;
  }
}

const NOTHING = { requests: [], again: new Map<number, Uint8Array>() } as const;

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
