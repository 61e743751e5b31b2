import { BeckonError } from '../base/errors.ts';
import { shardOf } from '../base/hash.ts';
import { definitionOfCode, definitionOfType } from '../events/catalogue.ts';
import { RecordReader } from '../events/record.ts';
import { openHash, type Residue } from '../events/residue.ts';
import type { Applier } from '../features/apply.ts';
import { EventFacts } from '../features/facts.ts';
import type { ItemChanges } from '../features/item-changes.ts';
import type { FeaturePlan, Spans } from '../features/plan.ts';
import { HEADER_WORDS, RowView } from '../features/row.ts';
import type { Selector } from '../features/selector.ts';
import { fingerprint, type Table } from '../features/table.ts';
import type { EventLog, LogGroup } from '../log/event-log.ts';
import type { DedupeWindow } from '../state/dedupe.ts';
import { AHEAD_EVENTS, LookAhead } from '../state/look-ahead.ts';
import { KeptRecords } from './kept-records.ts';
import type { LabelEvents } from './label-events.ts';
import type { MomentEvents } from './moment-events.ts';
import type { People } from './people.ts';
import { sortByTime } from './time-order.ts';

const LINKED = definitionOfType('identity.linked')?.code;
const ERASED = definitionOfType('customer.erased')?.code;
const ITEM_CHANGED = definitionOfType('item.changed')?.code;

/** Takes what is only looked at, which would be left out as useless. */
const looked = new Uint32Array(1);

/** All that is in the row of a customer of later. */
const HEAD: Spans = [0, HEADER_WORDS];

interface HistoryParts {
  /** Empty; every customer of the log gets a row there while the log is read. */
  readonly tables: readonly Table[];
  /** Empty windows, as the service has them. */
  readonly dedupe: readonly DedupeWindow[];
  readonly labels: readonly LabelEvents[];
  /** Told what items became. */
  readonly itemChanges: ItemChanges;
  /** Told who was linked to whom. */
  readonly people: People;
  /** Undefined where the moments are known beforehand. */
  readonly moments: MomentEvents | undefined;
  /** Events from here on are only looked at for labels. */
  readonly untilMs: number;
}

/**
 * A log read once and applied in the order of event time. What the service dropped as a duplicate is dropped here: the
 * log order decides that. Events are kept as the bytes of the log, with 27 bytes beside each.
 */
export class History {
  /** Greatest event time of the log, -Infinity where it is empty. */
  lastMs = Number.NEGATIVE_INFINITY;
  private readonly parts: HistoryParts;
  /** Of the log. */
  private readonly secret: Uint8Array;
  private readonly reader = new RecordReader();
  private readonly facts = new EventFacts();
  private readonly row: RowView;
  private readonly kept = new KeptRecords();
  private readonly timesMs: Float64Array;
  private readonly slabOf: Uint8Array;
  private readonly recordStarts: Uint32Array;
  /** Offsets of the events to apply, in the order of time once the log is read. */
  private readonly order: Uint32Array;
  /** Of each event: its type, the upper half of the hash of (source, id), and the number of its customer. */
  private readonly typeCodes: Uint16Array;
  private readonly ties: Uint32Array;
  private readonly customers: Uint32Array;
  private readonly ahead: LookAhead;
  /** Events that were looked at, in their {@link order}. */
  private lookedAt = 0;
  private count = 0;
  private applied = 0;

  private constructor(parts: HistoryParts, { secret, ends }: { secret: Uint8Array; ends: readonly number[] }) {
    const [events] = ends;
    this.parts = parts;
    this.secret = secret;
    this.row = RowView.ofWords(parts.tables[0].shard.regions.rowWords);
    this.timesMs = new Float64Array(events);
    this.slabOf = new Uint8Array(events);
    this.recordStarts = new Uint32Array(events);
    this.order = new Uint32Array(events);
    this.typeCodes = new Uint16Array(events);
    this.ties = new Uint32Array(events);
    this.customers = new Uint32Array(events);
    this.ahead = new LookAhead([], parts.tables, parts.dedupe);
  }

  /**
   * Reads the log to the end that it has now.
   * @param onProgress told the events read, after each group
   */
  static async read(log: EventLog, parts: HistoryParts, onProgress?: (events: number) => void): Promise<History> {
    const history = new History(parts, { secret: log.secret, ends: log.ends() });
    for await (const group of log.read([0])) {
      history.addGroup(group);
      onProgress?.(group.firstOffset + group.count);
    }
    history.sort();
    return history;
  }

  /** Applies the events before a moment that were not applied yet. Moments must not go back. */
  applyBefore(momentMs: number, applier: Applier): void {
    const { order, timesMs } = this;
    for (; this.applied < this.count; this.applied++) {
      const offset = order[this.applied];
      if (timesMs[offset] >= momentMs) return;
      if (this.applied >= this.lookedAt) this.look(applier.linesByType);
      this.apply(offset, applier);
    }
  }

  private apply(offset: number, applier: Applier): void {
    const timeMs = this.timesMs[offset];
    const reader = this.readerAt(offset);
    if (reader.isResidue) {
      const { shard, effects } = reader.data() as unknown as Residue;
      applier.applyResidue(shard, effects, timeMs);
      return;
    }
    const { bytes, subjectStart, subjectEnd, typeCode } = reader;
    const { length } = this.parts.tables;
    const customer = this.customers[offset];
    const shard = customer % length;
    try {
      const values = reader.values(applier.wantedFields);
      applier.expect(shard, (customer - shard) / length);
      applier.applyValues(bytes, subjectStart, subjectEnd, typeCode, timeMs, this.ties[offset], values, offset);
    } catch {
      // It is a dead letter of the service.
      applier.giveUp();
    }
  }

  /**
   * Looks at what the next events to be applied will look at: they are all over the memory, and waiting for each place by
   * itself would take most of the time.
   */
  private look(linesByType: FeaturePlan['linesByType']): void {
    const { order, customers, typeCodes, applied } = this;
    const { tables } = this.parts;
    const end = Math.min(this.count, applied + AHEAD_EVENTS);
    this.lookedAt = end;
    let touched = 0;
    for (let i = applied; i < end; i++) {
      const offset = order[i];
      const customer = customers[offset];
      const shard = customer % tables.length;
      touched |= this.kept.touch(this.slabOf[offset], this.recordStarts[offset]);
      touched |= tables[shard].touchLines((customer - shard) / tables.length, linesByType[typeCodes[offset]]);
    }
    looked[0] = touched;
  }

  /** The data of an event that was applied, that made a moment or that a label with a reversal looks for. */
  dataAt(offset: number): Readonly<Record<string, unknown>> {
    return this.readerAt(offset).data();
  }

  private readerAt(offset: number): RecordReader {
    return this.kept.at(this.slabOf[offset], this.recordStarts[offset]);
  }

  private addGroup(group: LogGroup): void {
    const { reader, ahead } = this;
    const { tables, untilMs } = this.parts;
    const logTimeSec = Math.floor(group.logTimeMs / 1000);
    this.kept.keep(group.records);
    const { slab, start } = this.kept;
    let isKept = false;
    reader.reset(group.records);
    for (let i = 0, offset = group.firstOffset; ; i++, offset++) {
      const a = i & (AHEAD_EVENTS - 1);
      if (a === 0) ahead.find(reader);
      if (!reader.next()) break;
      if (this.isDuplicate(a, logTimeSec)) continue;
      if (definitionOfCode(reader.typeCode)?.isOfCustomer === false) {
        if (reader.typeCode === ITEM_CHANGED) this.parts.itemChanges.add(reader.data(), offset);
        continue;
      }
      const timeMs = Number.isNaN(reader.timeMs) ? group.logTimeMs : reader.timeMs;
      if (timeMs > this.lastMs) this.lastMs = timeMs;
      this.typeCodes[offset] = reader.typeCode;
      let isAsked = false;
      if (!reader.isResidue) {
        if (reader.typeCode === ERASED) throw unfinishedErasure();
        const { bytes, subjectStart, subjectEnd } = reader;
        const shard = ahead.shards[a];
        const slot = this.rowOf(shard, bytes, subjectStart, subjectEnd, ahead.slots[a]);
        const customer = slot * tables.length + shard;
        this.customers[offset] = customer;
        this.ties[offset] = ahead.ties[a];
        if (reader.typeCode === LINKED) this.parts.people.join(customer, this.aliasOf(reader.data().alias as string));
        isAsked = this.addToLabels(customer, timeMs, offset);
      }
      const isApplied = timeMs < untilMs;
      if (!isAsked && !isApplied) continue;
      isKept = true;
      this.slabOf[offset] = slab;
      this.recordStarts[offset] = start + reader.recordStart;
      if (!isApplied) continue;
      this.timesMs[offset] = timeMs;
      this.order[this.count++] = offset;
    }
    if (!isKept) this.kept.forget();
  }

  private aliasOf(alias: string): number {
    const bytes = Buffer.from(alias);
    const { length } = this.parts.tables;
    const shard = shardOf(bytes, 0, bytes.length, length);
    return this.rowOf(shard, bytes, 0, bytes.length) * length + shard;
  }

  /** @param a place of the current record among those looked at. Remembers it where it is none. */
  private isDuplicate(a: number, logTimeSec: number): boolean {
    const { ahead, reader } = this;
    const { dedupe } = this.parts;
    if (!reader.isResidue) return dedupe[ahead.shards[a]].seen(ahead.lows[a], ahead.highs[a], logTimeSec);
    const { dedupeShard, sealedHash } = reader.data() as unknown as Residue;
    const { lo, hi } = openHash(sealedHash, this.secret);
    return dedupe[dedupeShard].seen(lo, hi, logTimeSec);
  }

  /**
   * Slot of the customer's row, which is empty but can be read until an event is applied.
   * @param expected where it may be, -1 where nobody knows
   */
  private rowOf(shard: number, bytes: Uint8Array, start: number, end: number, expected = -1): number {
    const table = this.parts.tables[shard];
    if (expected >= 0 && table.keyIfOf(expected, bytes, start, end) >= 0) return expected;
    fingerprint(bytes, start, end);
    const known = table.find(bytes, start, end);
    if (known >= 0) return known;
    const slot = table.insert(bytes, start, end);
    table.load(slot, this.row.u32, HEAD);
    table.publish(slot, this.row.u32, HEAD);
    return slot;
  }

  /** @returns whether somebody may ask for the event's data later */
  private addToLabels(customer: number, timeMs: number, offset: number): boolean {
    const { labels, moments } = this.parts;
    const isMoment = moments !== undefined && this.fits(moments.selector, timeMs);
    if (isMoment) moments.add(customer, timeMs, offset);
    let isKept = isMoment;
    for (const label of labels) {
      const { selector, reversal } = label;
      if (this.fits(selector, timeMs)) {
        label.add(customer, timeMs, isMoment, offset, () => this.reader.data());
        isKept ||= reversal !== undefined;
      }
      if (reversal !== undefined && this.fits(reversal.selector, timeMs))
        label.reverse(customer, timeMs, this.reader.data());
    }
    return isKept;
  }

  private fits({ typeCodes, matches }: Selector, timeMs: number): boolean {
    if (!typeCodes.includes(this.reader.typeCode)) return false;
    if (matches === undefined) return true;
    this.setFacts(timeMs);
    return matches(this.facts);
  }

  private setFacts(timeMs: number): void {
    this.facts.set(this.reader.typeCode, timeMs, 0, this.reader.values());
  }

  private sort(): void {
    const { timesMs } = this;
    const order = this.order.subarray(0, this.count);
    for (let i = 1; i < order.length; i++)
      if (timesMs[order[i]] < timesMs[order[i - 1]]) {
        sortByTime(order, timesMs);
        return;
      }
  }
}

const unfinishedErasure = (): BeckonError =>
  new BeckonError(
    'LOG_UNAVAILABLE',
    'A customer was erased and is not out of the log yet. Try again when the service has finished that, or start it so that it can.',
  );
