import { formatTime } from '../base/clock.ts';
import { shardOf } from '../base/hash.ts';
import { LIMITS } from '../base/limits.ts';
import { CHANNELS, type Channel } from '../events/channels.ts';
import { type CustomerIds, idsOfCold } from './addresses.ts';
import type { Ask } from './ask.ts';
import type { ColdCustomer, ColdRows } from './cold-store.ts';
import { GroupReader } from './groups.ts';
import { ID_BYTES, type IdBytes, writeId } from './id-bytes.ts';
import { type CustomerNames, Identities, namesOf } from './identities.ts';
import { type ConsentEntry, readConsent } from './kinds/consent.ts';
import type { FeaturePlan } from './plan.ts';
import { ReadAhead } from './read-ahead.ts';
import { compileReadings, type ReadAll } from './reading.ts';
import { HEADER, RowView } from './row.ts';
import type { Table } from './table.ts';

export type ReadOutcome =
  /** The values are the customer's. */
  | 'known'
  /** No event has named the customer: the values are the defaults. */
  | 'unknown'
  /** The writer was at the row at every try: ask again in the next turn of the loop. */
  | 'busy'
  /** The time asked for is before the customer's last event. */
  | 'beforeState';

/** Who a customer is, and what they allow. */
export interface Profile extends CustomerNames {
  readonly consents: Partial<Record<Channel, ConsentEntry>>;
}

/** Reads more of a row than its features, in the same breath: what it reads is checked with them. */
export interface RowGuest {
  /**
   * Called once or more for a question; only the last call counts.
   * @param ids of the customer, undefined where nobody is known by the id
   */
  visit(row: RowView, sec: number, ids: CustomerIds | undefined): void;
}

const TWO_32 = 2 ** 32;
const NO_KEYS: Ask['keys'] = {};

/** Reads customers' features straight from shared memory. One a thread; its fields speak of the last row read. */
export class FeatureReader {
  /** Log offset of the last event of the last row. */
  offset = 0;
  lastSec = 0;
  /** Shard of the customer of the last row read. */
  get shard(): number {
    return this.identities.shard;
  }
  private readonly plan: FeaturePlan;
  /** Positions of the features that are read, and how. */
  private readonly positions = new Set<number>();
  private readAll: ReadAll | undefined;
  private readonly tables: readonly Table[];
  private readonly identities: Identities;
  private readonly view: RowView;
  private readonly empty: RowView;
  private readonly ask: Ask;
  private readonly groups: GroupReader;
  private readonly readAhead: ReadAhead;
  private readonly id = Buffer.alloc(ID_BYTES);
  private readonly cold: ColdRows | undefined;
  /** The last row read where it was cold, and the id that it was asked by. */
  private lastCold: ColdCustomer | undefined;
  private lastColdId = '';

  /**
   * @param wanted names of the features to read; all where left out. Others keep what stood in the values
   * @param cold where the tables have a bound
   */
  constructor(plan: FeaturePlan, tables: readonly Table[], wanted?: Iterable<string>, cold?: ColdRows) {
    this.plan = plan;
    this.cold = cold;
    this.want(wanted ?? plan.features.map(({ spec }) => spec.name));
    this.tables = tables;
    this.identities = new Identities(tables);
    this.readAhead = new ReadAhead(tables);
    this.view = RowView.ofWords(0);
    this.empty = RowView.ofWords(plan.rowWords);
    this.groups = new GroupReader(
      plan.groupTables,
      tables.map((table) => table.shard.groups),
    );
    this.ask = { sec: 0, values: new Float64Array(0), keys: {}, groups: this.groups, touched: 0 };
  }

  /** Reads these from now on, too, with whatever they are made from. */
  want(names: Iterable<string>): void {
    const { features } = this.plan;
    const { positions } = this;
    const wanted = new Set(names);
    for (let i = features.length - 1; i >= 0; i--) {
      if (wanted.has(features[i].spec.name)) positions.add(i);
      if (positions.has(i)) for (const input of features[i].inputs) positions.add(input);
    }
    this.readAll = undefined;
  }

  /** Whether the id of the last row read is the customer's own, and no alias. */
  get isOwnId(): boolean {
    return this.lastCold === undefined ? this.identities.isOwn : this.ownId === this.lastColdId;
  }

  /** The own id of the customer of the last row read, who must be known. */
  get ownId(): string {
    return (this.lastCold === undefined ? this.identities.idsOf(this.identities) : namesOf(this.lastCold)).customerId;
  }

  /** Called once a turn of the loop: the next reads see what other rows have added to the groups since. */
  nextTurn(): void {
    this.groups.forget();
  }

  /** Customers `from` to `to` (exclusive) are read soon: where there are many, each of them is then read faster. */
  ahead(customerIds: readonly string[], from: number, to: number): void {
    this.readAhead.fetch(customerIds, from, to, this.id);
  }

  /** The same where their aliases are read, too. */
  aheadWithAliases(customerIds: readonly string[], from: number, to: number): void {
    this.ahead(customerIds, from, to);
    this.readAhead.fetchAliases();
  }

  /** As {@link ahead}, for ids that are bytes. */
  aheadBytes(ids: IdBytes, from: number, to: number): void {
    this.readAhead.fetchBytes(ids, from, to);
  }

  /**
   * Reads all features of a customer.
   * @param values receives them, in the order of the plan
   * @param nowSec the time to read for; raised to the customer's last event where that is later and `isAsked` is false
   * @param isAsked whether the caller named the time, so that an earlier one than the state's is refused
   * @param keys of group features: `campaign`, `channel`, `action`, `source`, `store`, `sku`
   * @param guest reads the row, too
   */
  read(
    customerId: string,
    nowSec: number,
    isAsked: boolean,
    values: Float64Array,
    keys: Ask['keys'] = NO_KEYS,
    guest?: RowGuest,
  ): ReadOutcome {
    const { id, ask, readAhead } = this;
    const length = writeId(customerId, id);
    ask.keys = keys;
    ask.values = values;
    const isFound = readAhead.isNext(customerId) && this.identities.locateAt(readAhead, id, 0, length);
    return this.readId(id, 0, length, customerId, isFound, nowSec, isAsked, guest);
  }

  /** As {@link read}, for an id that is bytes. @param position of the id */
  readBytes(
    ids: IdBytes,
    position: number,
    nowSec: number,
    isAsked: boolean,
    values: Float64Array,
    keys: Ask['keys'] = NO_KEYS,
  ): ReadOutcome {
    const { ask, readAhead } = this;
    const { bytes, bounds } = ids;
    const start = bounds[2 * position];
    const end = bounds[2 * position + 1];
    ask.keys = keys;
    ask.values = values;
    const isFound = readAhead.isNextAt(ids, position) && this.identities.locateAt(readAhead, bytes, start, end);
    return this.readId(bytes, start, end, undefined, isFound, nowSec, isAsked, undefined);
  }

  /**
   * @param text of the id, where there is one
   * @param isFound whether the identities speak of the customer already
   */
  private readId(
    id: Buffer,
    start: number,
    end: number,
    text: string | undefined,
    isFound: boolean,
    nowSec: number,
    isAsked: boolean,
    guest: RowGuest | undefined,
  ): ReadOutcome {
    const { view, identities } = this;
    this.lastCold = undefined;
    for (let attempt = 0; attempt < LIMITS.seqlockRetriesMax; attempt++) {
      const slot = isFound && attempt === 0 ? identities.slot : identities.locate(id, start, end);
      const table = this.tables[identities.shard];
      if (slot < 0) {
        const asked = this.cold === undefined ? '' : (text ?? id.toString('utf8', start, end));
        const customer = this.cold?.find(id.subarray(start, end), asked, identities.stamp);
        if (!identities.isSteady) continue;
        if (customer !== undefined) return this.readCold(customer, asked, nowSec, isAsked, guest);
        this.offset = 0;
        this.lastSec = 0;
        this.compute(this.empty, nowSec);
        guest?.visit(this.empty, nowSec, undefined);
        return 'unknown';
      }
      const version = table.begin(slot, view);
      if ((version & 1) === 1) continue;
      const outcome = this.readRow(view, nowSec, isAsked, guest, identities);
      if (table.isValid(view, version, identities.fingerprintLo, identities.fingerprintHi) && identities.isSteady)
        return outcome;
    }
    return 'busy';
  }

  private readRow(
    row: RowView,
    nowSec: number,
    isAsked: boolean,
    guest: RowGuest | undefined,
    ids: CustomerIds,
  ): 'known' | 'beforeState' {
    this.lastSec = row.u32[row.base + HEADER.lastSec];
    this.offset = row.u32[row.base + HEADER.offsetLo] + row.u32[row.base + HEADER.offsetHi] * TWO_32;
    const isEarly = nowSec < this.lastSec;
    if (isEarly && isAsked) return 'beforeState';
    const sec = isEarly ? this.lastSec : nowSec;
    this.compute(row, sec);
    guest?.visit(row, sec, ids);
    return 'known';
  }

  private readCold(
    customer: ColdCustomer,
    asked: string,
    nowSec: number,
    isAsked: boolean,
    guest: RowGuest | undefined,
  ): 'known' | 'beforeState' {
    this.lastCold = customer;
    this.lastColdId = asked;
    this.identities.shard = shardOf(customer.id, 0, customer.id.length, this.tables.length);
    return this.readRow(customer.row, nowSec, isAsked, guest, idsOfCold(customer));
  }

  /**
   * The ids and consents of a customer, from the row as it is now.
   * @returns undefined where the customer is unknown, or the writer was at the row at every try
   */
  profile(customerId: string): Profile | undefined {
    const { id, view, identities } = this;
    const length = writeId(customerId, id);
    for (let attempt = 0; attempt < LIMITS.seqlockRetriesMax; attempt++) {
      const slot = identities.locate(id, 0, length);
      if (slot < 0) {
        const customer = this.cold?.find(id.subarray(0, length), customerId, identities.stamp);
        if (!identities.isSteady) continue;
        return customer && { ...namesOf(customer), consents: this.consentsOf(customer.row) };
      }
      const table = this.tables[identities.shard];
      const version = table.begin(slot, view);
      const consents = this.consentsOf(view);
      const ids = identities.idsOf(identities);
      if (table.isValid(view, version, identities.fingerprintLo, identities.fingerprintHi) && identities.isSteady)
        return { ...ids, consents };
    }
    return undefined;
  }

  private consentsOf(row: RowView): Profile['consents'] {
    const consents: Profile['consents'] = {};
    for (const channel of CHANNELS) {
      const entry = readConsent(row, this.plan.consentOffset, channel);
      if (entry !== undefined) consents[channel] = entry;
    }
    return consents;
  }

  /** Done before the first read and not for each {@link want}: functions that were made once are optimised for their terms. */
  private compiled(): ReadAll {
    const { features, rowWords } = this.plan;
    const rising = [...this.positions].sort((a, b) => a - b);
    return compileReadings(
      rising.map((position) => ({ position, ...features[position] })),
      rowWords,
    );
  }

  private compute(row: RowView, sec: number): void {
    const { ask } = this;
    this.readAll ??= this.compiled();
    ask.sec = sec;
    this.readAll(row, ask);
  }
}

/** Whether a customer may be contacted over a channel. */
export interface Consent {
  readonly granted: boolean;
  readonly at: string;
  readonly expiresAt?: string;
}

/** Consents in the form in which they are shown. */
export const consentView = (consents: Profile['consents']): Record<string, Consent> =>
  Object.fromEntries(
    Object.entries(consents).map(([channel, { granted, atSec, expiresSec }]) => {
      const expires = expiresSec === undefined ? {} : { expiresAt: formatTime(expiresSec * 1000) };
      return [channel, { granted, at: formatTime(atSec * 1000), ...expires }];
    }),
  );
