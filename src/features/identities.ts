import { hash64, shardOf } from '../base/hash.ts';
import { LIMITS } from '../base/limits.ts';
import type { CustomerIds } from './addresses.ts';
import type { ColdCustomer } from './cold-store.ts';
import type { FeaturePlan } from './plan.ts';
import type { Residency } from './residency.ts';
import { HEADER, RowView } from './row.ts';
import type { KeyPlace } from './slot-index.ts';
import { fingerprint, type Table } from './table.ts';

/** A customer's own id and aliases. */
export interface CustomerNames {
  /** The id that stayed when others were linked to it. */
  readonly customerId: string;
  readonly aliases: readonly string[];
}

/** Where the row of an id's customer may be, and the fingerprint of the id. */
export interface RowPlace {
  readonly shard: number;
  readonly slot: number;
  readonly fingerprintLo: number;
  readonly fingerprintHi: number;
}

const NOBODY = -1;
/** Aliases of a customer that an answer names. */
const LISTED_MAX = 1000;
/** `scheme:value`, as in `phone:…` or `wecom:…`. */
const SCHEME = /^[a-z][a-z0-9_-]*:/;

/** The ids of a customer as an answer names them. */
export const namesOf = ({ id, aliases }: Pick<ColdCustomer, 'id' | 'aliases'>): CustomerNames => {
  const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
  return { customerId: textOf(id), aliases: aliases.slice(0, LISTED_MAX).map(textOf).sort() };
};

/**
 * Who is who (OneID). An id is a customer's own or an alias; a link makes two customers one, and which id stays is told
 * by the ids alone: one without a scheme before one with, then the smaller by its bytes. So links may come in any order.
 * No two ids of a customer need to share a shard.
 */
export class Identities implements CustomerIds {
  /** Where the id of the last {@link locate} leads. */
  shard = 0;
  slot = NOBODY;
  /** Fingerprint of the customer's own id. */
  fingerprintLo = 0;
  fingerprintHi = 0;
  /** The customer's own key, in {@link shard}; -1 where the id is not known or means nobody. */
  key = NOBODY;
  /** The key of the id itself, in its own shard; -1 where it has none. */
  ownKey = NOBODY;
  private isOwnKey = true;
  private readonly tables: readonly Table[];
  private readonly isBounded: boolean;
  /** Shard, hash and stamp of the id of the last {@link locate}. */
  private idShard = 0;
  private idHash = 0;
  private stamped = 0;

  constructor(tables: readonly Table[]) {
    this.tables = tables;
    this.isBounded = tables[0].shard.isBounded;
  }

  /** Finds the customer behind an id, own or alias. @returns its slot, -1 where there is none */
  locate(bytes: Uint8Array, start: number, end: number): number {
    this.shard = shardOf(bytes, start, end, this.tables.length);
    let { index } = this.tables[this.shard];
    fingerprint(bytes, start, end);
    if (this.isBounded) this.takeStamp();
    this.ownKey = index.findKey(hash64.hi, bytes, start, end);
    this.key = this.ownKey;
    this.slot = this.ownKey < 0 ? NOBODY : index.slotOf(this.ownKey);
    this.isOwnKey = this.ownKey < 0 || this.slot >= 0;
    if (!this.isOwnKey) {
      const target = index.targetOf(this.ownKey);
      this.key = target?.key ?? NOBODY;
      if (target !== undefined) {
        this.shard = target.shard;
        ({ index } = this.tables[target.shard]);
        this.slot = index.slotOf(target.key);
        const id = index.bytesOf(target.key);
        fingerprint(id, 0, id.length);
      }
    }
    this.fingerprintLo = hash64.lo;
    this.fingerprintHi = hash64.hi;
    return this.slot;
  }

  /**
   * As {@link locate} where the row of the id's customer is known to be in a slot, if it is.
   * @returns whether it is; if not, nothing was located
   */
  locateAt(
    { shard, slot, fingerprintLo, fingerprintHi }: RowPlace,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    // With a bound an id may come and go without its row: its stamp must be taken first.
    if (this.isBounded) return false;
    const key = this.tables[shard].keyIfOf(slot, bytes, start, end);
    if (key < 0) return false;
    this.shard = shard;
    this.slot = slot;
    this.key = key;
    this.ownKey = key;
    this.isOwnKey = true;
    this.fingerprintLo = fingerprintLo;
    this.fingerprintHi = fingerprintHi;
    return true;
  }

  /** The stamp of the id of the last {@link locate}, as it was before the index was asked. */
  get stamp(): number {
    return this.stamped;
  }

  /** Whether the id of the last {@link locate} has neither come to the index nor left it since. */
  get isSteady(): boolean {
    return !this.isBounded || this.tables[this.idShard].shard.stampOf(this.idHash) === this.stamped;
  }

  private takeStamp(): void {
    this.idShard = this.shard;
    this.idHash = hash64.hi;
    this.stamped = this.tables[this.shard].shard.stampOf(hash64.hi);
  }

  /** Whether the id of the last {@link locate} is no alias. */
  get isOwn(): boolean {
    return this.isOwnKey;
  }

  /** The customer's own id and its aliases. @param place as {@link shard} and {@link key} of a {@link locate} */
  idsOf(place: KeyPlace): CustomerNames {
    const bytesOf = ({ shard, key }: KeyPlace): Uint8Array => this.tables[shard].index.bytesOf(key);
    const aliases: Uint8Array[] = [];
    // A list that the writer changes meanwhile may lead anywhere; the row's version tells whoever asked.
    for (let at = this.next(place); at !== undefined && aliases.length < LISTED_MAX; at = this.next(at))
      aliases.push(bytesOf(at));
    return namesOf({ id: bytesOf(place), aliases });
  }

  /** Of the customer of the last {@link locate}, who must be known. */
  eachId(into: Uint8Array, idsMax: number, visit: (length: number) => void): void {
    let at: KeyPlace | undefined = this;
    for (let ids = 0; at !== undefined && ids < idsMax; ids++, at = this.next(at))
      visit(this.tables[at.shard].index.copyId(at.key, into));
  }

  private next({ shard, key }: KeyPlace): KeyPlace | undefined {
    return this.tables[shard].index.nextAlias(key);
  }
}

/** The writer's side of {@link Identities}: makes customers, links, unlinks and erases them. */
export class IdentityWriter extends Identities {
  private readonly all: readonly Table[];
  private readonly plan: FeaturePlan;
  private readonly into: RowView;
  private readonly from: RowView;
  private readonly alias = Buffer.alloc(LIMITS.idBytesMax);
  private readonly residency: Residency | undefined;
  private expectedShard = 0;
  private expectedSlot = NOBODY;

  constructor(plan: FeaturePlan, tables: readonly Table[], residency?: Residency) {
    super(tables);
    this.all = tables;
    this.residency = residency;
    this.plan = plan;
    this.into = RowView.ofWords(plan.rowWords);
    this.from = RowView.ofWords(plan.rowWords);
  }

  /** A customer who went out of memory comes back. */
  override locate(bytes: Uint8Array, start: number, end: number): number {
    const slot = super.locate(bytes, start, end);
    if (slot >= 0 || this.residency?.load(bytes.subarray(start, end)) !== true) return slot;
    return super.locate(bytes, start, end);
  }

  /** Tells where the customer of the next {@link locateOrMake} may be: a slot that has been one's, or -1. */
  expect(shard: number, slot: number): void {
    this.expectedShard = shard;
    this.expectedSlot = slot;
  }

  /** As {@link locate}, but an id that is not known becomes a customer. */
  locateOrMake(bytes: Uint8Array, start: number, end: number): number {
    const { expectedShard, expectedSlot } = this;
    if (expectedSlot >= 0) {
      this.expectedSlot = NOBODY;
      const key = this.all[expectedShard].keyIfOf(expectedSlot, bytes, start, end);
      if (key >= 0) {
        this.shard = expectedShard;
        this.key = key;
        return expectedSlot;
      }
    }
    if (this.locate(bytes, start, end) < 0) {
      const table = this.all[this.shard];
      this.slot = table.insert(bytes, start, end, this.ownKey < 0 ? undefined : this.ownKey);
      this.key = table.keyOf(this.slot);
    }
    return this.slot;
  }

  /** Makes an alias, and whoever it named before, one with a customer. */
  link(customer: KeyPlace, alias: string): void {
    const length = this.alias.write(alias);
    this.locate(this.alias, 0, length);
    const own = { shard: shardOf(this.alias, 0, length, this.all.length), key: this.ownKey };
    // An id that would stay is made a customer first, so that it stays whether it was known before the link or not.
    if (this.key < 0 && this.ranksFirst(Buffer.from(alias), customer)) this.locateOrMake(this.alias, 0, length);
    if (this.key < 0) {
      if (own.key < 0) own.key = this.all[own.shard].index.insert(hash64.hi, this.alias, 0, length);
      this.push(customer, own);
      return;
    }
    const other = { shard: this.shard, key: this.key };
    if (other.shard === customer.shard && other.key === customer.key) return;
    if (this.ranksFirst(this.idOf(other), customer)) this.merge(other, customer);
    else this.merge(customer, other);
  }

  /** Takes an alias from a customer: from now on it means nobody, and what has been merged stays. */
  unlink(customer: KeyPlace, alias: string): void {
    const length = this.alias.write(alias);
    this.locate(this.alias, 0, length);
    const isTheirs = this.key === customer.key && this.shard === customer.shard;
    const own = { shard: shardOf(this.alias, 0, length, this.all.length), key: this.ownKey };
    if (!isTheirs || (own.key === customer.key && own.shard === customer.shard)) return;
    let before = customer;
    for (let at = this.nextOf(before); at !== undefined; before = at, at = this.nextOf(at)) {
      if (at.shard !== own.shard || at.key !== own.key) continue;
      this.indexOf(before).setNextAlias(before.key, this.nextOf(at));
      break;
    }
    if (this.residency === undefined) {
      this.indexOf(own).setNextAlias(own.key, undefined);
      this.indexOf(own).pointToKey(own.key, undefined);
      return;
    }
    this.residency.commit();
    fingerprint(this.alias, 0, length);
    this.indexOf(own).remove(hash64.hi, own.key);
  }

  /**
   * Forgets the customer behind an id: the row, the id and every alias.
   * @returns the ids that it had; none where nobody is known by this one
   */
  erase(bytes: Uint8Array, start: number, end: number): string[] {
    if (this.locate(bytes, start, end) < 0) return [];
    const customer = { shard: this.shard, key: this.key };
    const ids: string[] = [];
    this.residency?.commit();
    this.all[this.shard].free(this.slot);
    for (let at: KeyPlace | undefined = customer; at !== undefined; ) {
      const next = this.nextOf(at);
      const index = this.indexOf(at);
      const id = index.bytesOf(at.key);
      ids.push(Buffer.from(id).toString());
      fingerprint(id, 0, id.length);
      index.remove(hash64.hi, at.key);
      at = next;
    }
    return ids;
  }

  /** Whether an id stays where it and a customer become one. */
  private ranksFirst(id: Buffer, customer: KeyPlace): boolean {
    const other = this.idOf(customer);
    const hasScheme = SCHEME.test(id.toString());
    return hasScheme === SCHEME.test(other.toString()) ? id.compare(other) < 0 : !hasScheme;
  }

  private idOf(place: KeyPlace): Buffer {
    return Buffer.from(this.indexOf(place).bytesOf(place.key));
  }

  /** Folds the row, the id and the aliases of `gone` into `stays`. */
  private merge(stays: KeyPlace, gone: KeyPlace): void {
    const { into, from } = this;
    this.residency?.widen();
    const table = this.all[stays.shard];
    const goneTable = this.all[gone.shard];
    const slot = table.index.slotOf(stays.key);
    const goneSlot = goneTable.index.slotOf(gone.key);
    table.load(slot, into.u32);
    goneTable.load(goneSlot, from.u32);
    for (const { cell } of this.plan.cells) cell.merge(into, from);
    into.u32[HEADER.lastSec] = Math.max(into.u32[HEADER.lastSec], from.u32[HEADER.lastSec]);
    const isNewer =
      from.u32[HEADER.offsetHi] > into.u32[HEADER.offsetHi] ||
      (from.u32[HEADER.offsetHi] === into.u32[HEADER.offsetHi] &&
        from.u32[HEADER.offsetLo] > into.u32[HEADER.offsetLo]);
    if (isNewer) {
      into.u32[HEADER.offsetLo] = from.u32[HEADER.offsetLo];
      into.u32[HEADER.offsetHi] = from.u32[HEADER.offsetHi];
    }
    table.publish(slot, into.u32);
    for (let at = this.nextOf(gone); at !== undefined; ) {
      const next = this.nextOf(at);
      this.push(stays, at);
      at = next;
    }
    this.push(stays, gone);
    goneTable.free(goneSlot);
  }

  /** Makes a key an alias of a customer and puts it at the head of its list. */
  private push(customer: KeyPlace, alias: KeyPlace): void {
    const index = this.indexOf(alias);
    index.setNextAlias(alias.key, this.nextOf(customer));
    index.pointToKey(alias.key, customer);
    this.indexOf(customer).setNextAlias(customer.key, alias);
  }

  private indexOf({ shard }: KeyPlace): Table['index'] {
    return this.all[shard].index;
  }

  private nextOf(place: KeyPlace): KeyPlace | undefined {
    return this.indexOf(place).nextAlias(place.key);
  }
}
