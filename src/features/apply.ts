import { hashText, shardOf } from '../base/hash.ts';
import { CATALOGUE, definitionOfType } from '../events/catalogue.ts';
import { type Data, EventValues, type FieldValues } from '../events/field-values.ts';
import type { GroupEffect } from '../events/residue.ts';
import { EventFacts } from './facts.ts';
import type { GroupTablePlan } from './group-table-plan.ts';
import type { GroupTable } from './groups.ts';
import { IdentityWriter } from './identities.ts';
import type { ItemBoard } from './item-board.ts';
import { ItemChanges } from './item-changes.ts';
import type { FeaturePlan, GroupUpdate } from './plan.ts';
import type { Residency } from './residency.ts';
import { HEADER, RowView } from './row.ts';
import { SHARD_HEADER } from './shard.ts';
import type { Table } from './table.ts';

const TWO_32 = 2 ** 32;
/** Takes what is only looked at, which would be left out as useless. */
const looked = new Uint32Array(1);
const LINKED = definitionOfType('identity.linked')?.code;
const UNLINKED = definitionOfType('identity.unlinked')?.code;
const ERASED = definitionOfType('customer.erased')?.code;
const ITEM_CHANGED = definitionOfType('item.changed')?.code;
/** Codes of the types that change no customer. */
const OF_NO_CUSTOMER = new Set(CATALOGUE.filter(({ isOfCustomer }) => !isOfCustomer).map(({ code }) => code));

/** What takes what events add to groups; the tables of a shard, unless somebody listens. */
export type GroupSink = Pick<GroupTable, 'add'>;

/**
 * Applies events to the rows and groups of all shards: the one place where features change. It reads no clock, and changes
 * a row where it stands: readers wait for its version, well below a microsecond.
 */
export class Applier {
  /** Seconds by which the last event was older than the newest of its customer, 0 where it was the newest. */
  lateSec = 0;
  /** Whether the last event changed any cell: a late one that did has corrected a feature. */
  hasTouched = false;
  /** Shard of the customer of the last event, as the event found them. */
  shard = 0;
  /** The customer's slot there; -1 where the event may have moved it: it has linked or unlinked ids. */
  slot = -1;
  /** Ids of the customer that the last event has erased. */
  erasedIds: readonly string[] = [];
  /** The fields of an event's data that {@link apply} reads, as the plan tells them. */
  readonly wantedFields: Uint8Array;
  /** By type of the event: a word of each line of a row that it looks at. */
  readonly linesByType: FeaturePlan['linesByType'];
  private readonly plan: FeaturePlan;
  private readonly tables: readonly Table[];
  private readonly identities: IdentityWriter;
  private readonly facts = new EventFacts();
  private readonly values = new EventValues();
  private readonly groupCells;
  private readonly row = RowView.ofWords(0);
  private readonly groupSinks: readonly GroupSink[] | undefined;
  private readonly residency: Residency | undefined;
  private readonly itemChanges: ItemChanges;
  private readonly itemBoard: ItemBoard | undefined;

  /**
   * @param groupSinks one a group table of the plan: take what events add to groups instead of the tables
   * @param residency where the tables have a bound
   * @param itemChanges of the log that is folded; none so far where they are left out
   * @param itemBoard told of them, too, where rules are asked of this state
   */
  constructor(
    plan: FeaturePlan,
    tables: readonly Table[],
    groupSinks?: readonly GroupSink[],
    residency?: Residency,
    itemChanges = new ItemChanges(plan.declaredItems, plan.askedOfItems),
    itemBoard?: ItemBoard,
  ) {
    this.itemBoard = itemBoard;
    this.itemChanges = itemChanges;
    this.groupSinks = groupSinks;
    this.residency = residency;
    this.plan = plan;
    this.wantedFields = plan.wantedFields;
    this.linesByType = plan.linesByType;
    this.tables = tables;
    this.groupCells = groupCellsOf(plan);
    this.identities = new IdentityWriter(plan, tables, residency);
  }

  /**
   * @param subject bytes of the customer id, `start` to `end`
   * @param identityHash upper half of the hash of (source, id): breaks ties in time
   * @param offset of the event in the log
   */
  apply(
    subject: Uint8Array,
    start: number,
    end: number,
    typeCode: number,
    timeMs: number,
    identityHash: number,
    data: Data,
    offset: number,
  ): void {
    this.values.take(data);
    this.applyValues(subject, start, end, typeCode, timeMs, identityHash, this.values, offset);
  }

  /** Tells where the row of the next event's customer may be: a slot that has been one's, or -1. It is looked at first. */
  expect(shard: number, slot: number): void {
    this.identities.expect(shard, slot);
  }

  /**
   * As {@link apply}, of an event whose fields were told.
   * @param place of the event among all that were folded: an offset of its own partition says nothing about another's
   */
  applyValues(
    subject: Uint8Array,
    start: number,
    end: number,
    typeCode: number,
    timeMs: number,
    identityHash: number,
    values: EventValues,
    offset: number,
    place = offset,
  ): void {
    if (typeCode === ERASED) {
      this.erase(subject, start, end);
      return;
    }
    if (OF_NO_CUSTOMER.has(typeCode)) {
      this.lateSec = 0;
      this.hasTouched = false;
      if (typeCode === ITEM_CHANGED) {
        this.itemChanges.add(values.data, place);
        this.itemBoard?.tell(values.data);
      }
      this.countEvent(this.tables[shardOf(subject, start, end, this.tables.length)]);
      return;
    }
    const { row, facts, plan, identities } = this;
    const slot = identities.locateOrMake(subject, start, end);
    const { shard, key } = identities;
    this.shard = shard;
    this.slot = typeCode === LINKED || typeCode === UNLINKED ? -1 : slot;
    const table = this.tables[shard];
    table.open(slot, row);
    const { u32, base } = row;
    // What the event will look at comes into the cache all at once, not piece by piece.
    let touched = 0;
    const lines = plan.linesByType[typeCode];
    for (let i = 0; i < lines.length; i++) touched |= u32[base + lines[i]];
    looked[0] = touched;
    facts.set(typeCode, timeMs, identityHash, values);
    plan.items.see(this.itemChanges, place);
    const lastSec = u32[base + HEADER.lastSec];
    this.lateSec = Math.max(0, lastSec - facts.sec);
    if (facts.sec > lastSec) u32[base + HEADER.lastSec] = facts.sec;
    u32[base + HEADER.offsetLo] = offset;
    u32[base + HEADER.offsetHi] = offset / TWO_32;
    this.hasTouched = false;
    const cells = plan.cellsByType[typeCode];
    if (cells !== undefined)
      for (const cell of cells) {
        if (cell.selector.matches?.(facts) === false) continue;
        cell.apply(row, facts);
        this.hasTouched = true;
      }
    const groups = plan.groupsByType[typeCode];
    if (groups !== undefined)
      for (const update of groups)
        if (update.cell.selector.matches?.(facts) !== false)
          applyGroup(update, this.groupSinks ?? table.shard.groups, row, facts);
    table.close(row);
    if (typeCode === LINKED) identities.link({ shard, key }, values.data.alias as string);
    else if (typeCode === UNLINKED) identities.unlink({ shard, key }, values.data.alias as string);
    this.residency?.keepBound(table);
    this.countEvent(table);
  }

  /** After an {@link apply} that threw: readers see what it has changed so far, the same whenever the log is folded. */
  giveUp(): void {
    const { row } = this;
    if ((row.u32[row.base] & 1) === 1) this.tables[this.shard].close(row);
    this.lateSec = 0;
  }

  /** What the event of an erased customer still does: to groups, and to the count of events. */
  applyResidue(shard: number, effects: readonly GroupEffect[], timeMs: number): void {
    const table = this.tables[shard];
    const sec = Math.floor(timeMs / 1000);
    for (const [cell, keyLo, keyHi, amount] of effects) {
      const place = this.groupCells.get(cell);
      // A feature that is no longer declared keeps nothing.
      if (place !== undefined) table.shard.groups[place.table].add(keyLo, keyHi, place.position, amount, sec);
    }
    this.lateSec = 0;
    this.countEvent(table);
  }

  private erase(subject: Uint8Array, start: number, end: number): void {
    this.erasedIds = this.identities.erase(subject, start, end);
    this.lateSec = 0;
    this.countEvent(this.tables[this.identities.shard]);
  }

  private countEvent({ shard: { u32 } }: Table): void {
    const applied = u32[SHARD_HEADER.eventsApplied] + 1;
    u32[SHARD_HEADER.eventsApplied] = applied;
    if (applied === TWO_32) u32[SHARD_HEADER.eventsApplied + 1]++;
  }
}

const CELL_SEED = 0x63656c6c;

/** The name under which residues know a cell of a group table: the same as long as the feature is declared alike. */
export const groupCellName = ({ by, cells }: GroupTablePlan, position: number): number => {
  const text = `${by.join(' ')}\n${cells[position].key}`;
  return hashText(text, CELL_SEED) * 2 ** 21 + (hashText(text, ~CELL_SEED) >>> 11);
};

const groupCellsOf = (plan: FeaturePlan): Map<number, { readonly table: number; readonly position: number }> =>
  new Map(
    plan.groupTables.flatMap((table) =>
      table.cells.map((_, position) => [groupCellName(table, position), { table: table.position, position }] as const),
    ),
  );

/** Groups by sku take each order line for itself, all others the event. */
const applyGroup = (update: GroupUpdate, tables: readonly GroupSink[], row: RowView, facts: EventFacts): void => {
  const { values } = facts;
  if (update.key.isOfLines && values.lineCount >= 0) {
    for (let i = 0; i < values.lineCount; i++) addGroup(update, tables, row, facts, values.line(i));
  } else {
    addGroup(update, tables, row, facts, values);
  }
};

const addGroup = (
  update: GroupUpdate,
  tables: readonly GroupSink[],
  row: RowView,
  facts: EventFacts,
  line: FieldValues,
): void => {
  const amount = update.cell.amount(line);
  if (Number.isNaN(amount)) return;
  update.key.ofEvent(row, facts.values, line);
  if (update.key.known)
    tables[update.table.position].add(update.key.lo, update.key.hi, update.position, amount, facts.sec);
};
