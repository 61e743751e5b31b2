import { LIMITS } from '../base/limits.ts';
import { Applier } from '../features/apply.ts';
import { ItemChanges } from '../features/item-changes.ts';
import type { FeaturePlan } from '../features/plan.ts';
import { FeatureReader } from '../features/read.ts';
import type { Selector } from '../features/selector.ts';
import type { Table } from '../features/table.ts';
import type { EventLog } from '../log/event-log.ts';
import type { Label, Said } from '../packs/labels.ts';
import type { DedupeWindow } from '../state/dedupe.ts';
import type { Condition } from './condition.ts';
import { History } from './history.ts';
import { knownMs, LabelEvents } from './label-events.ts';
import { MomentEvents } from './moment-events.ts';
import { People } from './people.ts';
import { type SaidColumn, SaidColumns, type SaidValue } from './said-columns.ts';

interface ExportParts {
  readonly log: EventLog;
  readonly plan: FeaturePlan;
  /** Empty state of the export's own. */
  readonly tables: readonly Table[];
  readonly dedupe: readonly DedupeWindow[];
  readonly labels: readonly Label[];
  /** Only customers for whom all of these hold at the moment. */
  readonly conditions: readonly Condition[];
  readonly moments: Moments;
}

type Data = Readonly<Record<string, unknown>>;

/** Rows that are looked at before the first of them is read. */
const AHEAD_ROWS = 32;

const NOTHING: readonly SaidValue[] = [];

/** When rows are wanted. */
export type Moments =
  /** A row of every customer at each time: ms since the Unix epoch, rising. */
  | { readonly timesMs: readonly number[]; readonly selector?: undefined; readonly said?: undefined }
  /** A row of the customer at each such event from `fromMs` to `toMs`, both included. */
  | {
      readonly selector: Selector;
      readonly fromMs: number;
      readonly toMs: number;
      /** What the rows tell of the event; nothing where it is left out. */
      readonly said?: Said;
      readonly timesMs?: undefined;
    };

/** A customer at a moment. */
export interface ExportRow {
  readonly customerId: string;
  readonly atMs: number;
  /** What the event of the moment says, in the order of {@link Export.said}. */
  readonly said: readonly SaidValue[];
  /** In the order of the plan. */
  readonly features: Float64Array;
  /** In the order asked for; undefined where the log ends before the label's time is over. */
  readonly labels: readonly (0 | 1 | undefined)[];
}

interface Customer {
  readonly id: string;
  readonly number: number;
}

interface OwnMoment {
  readonly customer: Customer;
  readonly timeMs: number;
  /** Of the event that made the moment; undefined where the time is given. */
  readonly offset: number | undefined;
}

/**
 * Customers' features as they were at past moments, made by the code that serves, with what came later.
 *
 * The features of a moment know every event before it, late ones too, each once; a label looks from the moment on
 * (see {@link Label}). At given times a customer is there from the first event on. An event that makes a moment is in
 * neither: it comes after the features, and is no outcome of itself.
 */
export class Export {
  /** Of {@link rowsMax}, those that were given or left out. */
  rowsSeen = 0;
  private readonly parts: ExportParts;
  private readonly history: History;
  private readonly itemChanges: ItemChanges;
  private readonly people: People;
  /** One a label; labels may share theirs. */
  private readonly labelEvents: readonly LabelEvents[];
  private readonly customers: readonly Customer[];
  /** Undefined where the moments are given. */
  private readonly ownMoments: readonly OwnMoment[] | undefined;
  private readonly saidColumns: SaidColumns;

  private constructor(
    parts: ExportParts,
    history: History,
    itemChanges: ItemChanges,
    people: People,
    labelEvents: readonly LabelEvents[],
    made?: MomentEvents,
  ) {
    this.parts = parts;
    this.people = people;
    this.history = history;
    this.itemChanges = itemChanges;
    this.labelEvents = labelEvents;
    this.customers = customersOf(parts.tables);
    this.saidColumns = new SaidColumns(parts.moments.said);
    const numbers = this.customers.reduce((most, { number }) => Math.max(most, number + 1), 0);
    for (const events of new Set(labelEvents)) events.index(numbers, people, (offset) => history.dataAt(offset));
    const ranks = new Uint32Array(numbers);
    for (const [rank, { number }] of this.customers.entries()) ranks[number] = rank;
    this.ownMoments = made?.sorted(ranks).map(({ customer, timeMs, offset }) => ({
      customer: this.customers[ranks[customer]],
      timeMs,
      offset,
    }));
  }

  /**
   * Reads the log to the end that it has now.
   * @param onProgress told the events read
   * @throws BeckonError what the log throws; STATE_FULL
   */
  static async read(parts: ExportParts, onProgress?: (events: number) => void): Promise<Export> {
    const byKey = new Map<string, LabelEvents>();
    const labelEvents = parts.labels.map((label) => {
      const key = LabelEvents.keyOf(label);
      const events = byKey.get(key) ?? new LabelEvents(label);
      byKey.set(key, events);
      return events;
    });
    const { log, tables, dedupe, moments } = parts;
    const made =
      moments.selector === undefined ? undefined : new MomentEvents(moments.selector, moments.fromMs, moments.toMs);
    const untilMs =
      moments.selector === undefined ? (moments.timesMs.at(-1) ?? Number.NEGATIVE_INFINITY) : moments.toMs;
    const people = new People();
    const itemChanges = new ItemChanges(parts.plan.declaredItems, parts.plan.askedOfItems);
    const historyParts = { tables, dedupe, labels: [...byKey.values()], moments: made, itemChanges, people, untilMs };
    const history = await History.read(log, historyParts, onProgress);
    return new Export(parts, history, itemChanges, people, labelEvents, made);
  }

  /** Columns of what the events of moments say. */
  get said(): readonly SaidColumn[] {
    return this.saidColumns.columns;
  }

  /** Rows that there can be at most. */
  get rowsMax(): number {
    const { moments } = this.parts;
    return this.ownMoments?.length ?? this.customers.length * (moments.timesMs?.length ?? 0);
  }

  /**
   * In the order of time, and those of one time in the order of the ids' bytes. The same object is given each time,
   * changed.
   */
  *rows(): Generator<ExportRow> {
    const { plan, tables, labels: declared, conditions } = this.parts;
    const applier = new Applier(plan, tables, undefined, undefined, this.itemChanges);
    const reader = new FeatureReader(plan, tables);
    const features = new Float64Array(plan.features.length);
    const labels = new Array<0 | 1 | undefined>(declared.length).fill(undefined);
    const isOwn = this.ownMoments !== undefined;
    const isSaid = this.said.length > 0 || declared.some(({ same }) => same !== undefined);
    let reachedMs = Number.NEGATIVE_INFINITY;
    for (const { customer, timeMs: atMs, offset } of this.moments(reader)) {
      if (atMs > reachedMs) {
        this.history.applyBefore(atMs, applier);
        reader.nextTurn();
        reachedMs = atMs;
      }
      const outcome = reader.read(customer.id, Math.floor(atMs / 1000), false, features);
      this.rowsSeen++;
      // A row that no event has reached yet is of a customer of later, unless this is the event that makes the customer.
      // And an id that names somebody else by now is in that row.
      if (!isOwn && (reader.lastSec === 0 || !reader.isOwnId)) continue;
      if (!conditions.every((condition) => condition.holds(features))) continue;
      const data = isSaid && offset !== undefined ? this.history.dataAt(offset) : undefined;
      const said = data === undefined ? NOTHING : this.saidColumns.read(data);
      for (let i = 0; i < labels.length; i++) labels[i] = this.labelAt(i, this.people.of(customer.number), atMs, data);
      // An unlinked alias means nobody until its next event, which may be the one that makes this row.
      const isSelf = outcome === 'unknown' || reader.isOwnId;
      yield { customerId: isSelf ? customer.id : reader.ownId, atMs, said, features, labels };
    }
  }

  private *moments(reader: FeatureReader): Generator<OwnMoment> {
    if (this.ownMoments !== undefined) {
      yield* this.ownMoments;
      return;
    }
    const ids = this.customers.map(({ id }) => id);
    for (const timeMs of this.parts.moments.timesMs ?? [])
      for (const [i, customer] of this.customers.entries()) {
        if (i % AHEAD_ROWS === 0) reader.ahead(ids, i, Math.min(ids.length, i + AHEAD_ROWS));
        yield { customer, timeMs, offset: undefined };
      }
  }

  private labelAt(i: number, customer: number, atMs: number, data: Data | undefined): 0 | 1 | undefined {
    const label = this.parts.labels[i];
    if (knownMs(label, atMs) > this.history.lastMs) return undefined;
    return this.labelEvents[i].holds(label, customer, atMs, this.ownMoments !== undefined, data) ? 1 : 0;
  }
}

const customersOf = (tables: readonly Table[]): Customer[] => {
  const customers: Customer[] = [];
  const id = Buffer.alloc(LIMITS.idBytesMax);
  let isAscii = true;
  for (const [shard, table] of tables.entries()) {
    for (let slot = 0; slot < table.slots; slot++) {
      const bytes = table.index.copyId(table.keyOf(slot), id);
      const text = id.toString('utf8', 0, bytes);
      isAscii &&= text.length === bytes;
      customers.push({ id: text, number: slot * tables.length + shard });
    }
  }
  // Texts are compared many times faster, and alike where every character is one byte.
  if (isAscii) return customers.sort((a, b) => (a.id < b.id ? -1 : 1));
  return customers.sort((a, b) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)));
};
