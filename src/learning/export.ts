import { Applier } from '../features/apply.ts';
import type { FeaturePlan } from '../features/plan.ts';
import { FeatureReader } from '../features/read.ts';
import { HEADER, RowView } from '../features/row.ts';
import type { Table } from '../features/table.ts';
import type { EventLog } from '../log/event-log.ts';
import type { Label } from '../packs/labels.ts';
import type { DedupeWindow } from '../state/dedupe.ts';
import type { Condition } from './condition.ts';
import { History } from './history.ts';
import { LabelEvents } from './label-events.ts';

interface ExportParts {
  readonly log: EventLog;
  readonly plan: FeaturePlan;
  /** Empty state of the export's own. */
  readonly tables: readonly Table[];
  readonly dedupe: readonly DedupeWindow[];
  readonly labels: readonly Label[];
  /** Only customers for whom all of these hold at the moment. */
  readonly conditions: readonly Condition[];
  /** ms since the Unix epoch, rising. */
  readonly momentsMs: readonly number[];
}

/** A customer at a moment. */
export interface ExportRow {
  readonly customerId: string;
  readonly atMs: number;
  /** In the order of the plan. */
  readonly features: Float64Array;
  /** In the order asked for; undefined where the log ends before the label's time is over. */
  readonly labels: readonly (0 | 1 | undefined)[];
}

interface Customer {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly number: number;
}

/**
 * Customers' features as they were at past moments, made by the code that serves, with what came later.
 *
 * The features of a moment know every event before it, late ones too, each once; a label looks from the moment on
 * (see {@link Label}). A customer is there from the first event on.
 */
export class Export {
  /** Of {@link rowsMax}, those that were given or left out. */
  rowsSeen = 0;
  private readonly parts: ExportParts;
  private readonly history: History;
  private readonly labelEvents: readonly LabelEvents[];
  private readonly customers: readonly Customer[];

  private constructor(parts: ExportParts, history: History, labelEvents: readonly LabelEvents[]) {
    this.parts = parts;
    this.history = history;
    this.labelEvents = labelEvents;
    this.customers = customersOf(parts.tables);
    const numbers = this.customers.reduce((most, { number }) => Math.max(most, number + 1), 0);
    for (const events of new Set(labelEvents)) events.index(numbers);
  }

  /**
   * Reads the log to the end that it has now.
   * @param onProgress told the events read
   * @throws BeckonError what the log throws; STATE_FULL
   */
  static async read(parts: ExportParts, onProgress?: (events: number) => void): Promise<Export> {
    const bySelector = new Map<string, LabelEvents>();
    const labelEvents = parts.labels.map(({ selector }) => {
      const events = bySelector.get(selector.key) ?? new LabelEvents(selector);
      bySelector.set(selector.key, events);
      return events;
    });
    const { log, tables, dedupe, momentsMs } = parts;
    const untilMs = momentsMs.at(-1) ?? Number.NEGATIVE_INFINITY;
    const history = await History.read(log, { tables, dedupe, labels: [...bySelector.values()], untilMs }, onProgress);
    return new Export(parts, history, labelEvents);
  }

  /** Rows that there can be at most. */
  get rowsMax(): number {
    return this.customers.length * this.parts.momentsMs.length;
  }

  /**
   * Moment by moment, the customers of a moment in the order of their ids' bytes. The same object is given each time,
   * changed.
   */
  *rows(): Generator<ExportRow> {
    const { plan, tables, momentsMs, labels: declared, conditions } = this.parts;
    const applier = new Applier(plan, tables);
    const reader = new FeatureReader(plan, tables);
    const features = new Float64Array(plan.features.length);
    const labels = new Array<0 | 1 | undefined>(declared.length).fill(undefined);
    for (const atMs of momentsMs) {
      this.history.applyBefore(atMs, applier);
      reader.nextTurn();
      const atSec = Math.floor(atMs / 1000);
      for (const { id, number } of this.customers) {
        reader.read(id, atSec, false, features);
        this.rowsSeen++;
        // A row that no event has reached yet is of a customer of later.
        if (reader.lastSec === 0 || !conditions.every((condition) => condition.holds(features))) continue;
        for (let i = 0; i < labels.length; i++) labels[i] = this.labelAt(i, number, atMs);
        yield { customerId: id, atMs, features, labels };
      }
    }
  }

  private labelAt(i: number, customer: number, atMs: number): 0 | 1 | undefined {
    const endMs = atMs + this.parts.labels[i].withinSec * 1000;
    if (endMs > this.history.lastMs) return undefined;
    return this.labelEvents[i].hasBetween(customer, atMs, endMs) ? 1 : 0;
  }
}

const customersOf = (tables: readonly Table[]): Customer[] => {
  const customers: Customer[] = [];
  for (const [shard, table] of tables.entries()) {
    const row = RowView.ofWords(table.shard.regions.rowWords);
    for (let slot = 0; slot < table.slots; slot++) {
      table.load(slot, row.u32);
      const bytes = Buffer.from(table.index.bytesOf(row.u32[HEADER.keyRef]));
      customers.push({ id: bytes.toString(), bytes, number: slot * tables.length + shard });
    }
  }
  return customers.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
};
