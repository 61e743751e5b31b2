import { definitionOfType } from '../events/catalogue.ts';
import { EventFacts } from './facts.ts';
import type { GroupTable } from './groups.ts';
import { IdentityWriter } from './identities.ts';
import type { FeaturePlan, GroupUpdate } from './plan.ts';
import { HEADER, RowView } from './row.ts';
import { SHARD_HEADER } from './shard.ts';
import type { Table } from './table.ts';

const TWO_32 = 2 ** 32;
const LINKED = definitionOfType('identity.linked')?.code;
const UNLINKED = definitionOfType('identity.unlinked')?.code;

/**
 * Applies events to the rows and groups of all shards: the one place where features change. It reads no clock, and
 * computes in a private row, so that a reader meets a row in the making only while it is copied.
 */
export class Applier {
  /** Seconds by which the last event was older than the newest of its customer, 0 where it was the newest. */
  lateSec = 0;
  /** Whether the last event changed any cell: a late one that did has corrected a feature. */
  hasTouched = false;
  private readonly plan: FeaturePlan;
  private readonly tables: readonly Table[];
  private readonly identities: IdentityWriter;
  private readonly facts = new EventFacts();
  private readonly row: RowView;

  constructor(plan: FeaturePlan, tables: readonly Table[]) {
    this.plan = plan;
    this.tables = tables;
    this.identities = new IdentityWriter(plan, tables);
    this.row = RowView.ofWords(plan.rowWords);
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
    data: Readonly<Record<string, unknown>>,
    offset: number,
  ): void {
    const { row, facts, plan, identities } = this;
    const slot = identities.locateOrMake(subject, start, end);
    const { shard, key } = identities;
    const table = this.tables[shard];
    const spans = plan.spansByType[typeCode];
    table.load(slot, row.u32, spans);
    facts.set(typeCode, timeMs, identityHash, data);
    const lastSec = row.u32[HEADER.lastSec];
    this.lateSec = Math.max(0, lastSec - facts.sec);
    row.u32[HEADER.lastSec] = Math.max(lastSec, facts.sec);
    row.u32[HEADER.offsetLo] = offset;
    row.u32[HEADER.offsetHi] = offset / TWO_32;
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
        if (update.cell.selector.matches?.(facts) !== false) applyGroup(update, table.shard.groups, row, facts);
    table.publish(slot, row.u32, spans);
    if (typeCode === LINKED) identities.link({ shard, key }, data.alias as string);
    else if (typeCode === UNLINKED) identities.unlink({ shard, key }, data.alias as string);
    const { u32 } = table.shard;
    const applied = u32[SHARD_HEADER.eventsApplied] + 1;
    u32[SHARD_HEADER.eventsApplied] = applied;
    if (applied === TWO_32) u32[SHARD_HEADER.eventsApplied + 1]++;
  }
}

/** Groups by sku take each order line for itself, all others the event. */
const applyGroup = (update: GroupUpdate, tables: readonly GroupTable[], row: RowView, facts: EventFacts): void => {
  const { lines } = facts.data;
  if (update.key.isOfLines && Array.isArray(lines)) {
    for (const line of lines) addGroup(update, tables, row, facts, line);
  } else {
    addGroup(update, tables, row, facts, facts.data);
  }
};

const addGroup = (
  update: GroupUpdate,
  tables: readonly GroupTable[],
  row: RowView,
  facts: EventFacts,
  line: Readonly<Record<string, unknown>>,
): void => {
  const amount = update.cell.amount(line);
  if (Number.isNaN(amount)) return;
  update.key.ofEvent(row, facts.data, line);
  if (update.key.known)
    tables[update.table.position].add(update.key.lo, update.key.hi, update.position, amount, facts.sec);
};
