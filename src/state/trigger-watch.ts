import { TimerWheel } from '../base/timer-wheel.ts';
import { definitionOfType } from '../events/catalogue.ts';
import type { Ask } from '../features/ask.ts';
import { GroupReader } from '../features/groups.ts';
import { Identities } from '../features/identities.ts';
import type { FeaturePlan } from '../features/plan.ts';
import { compileReadings, type ReadAll } from '../features/reading.ts';
import { HEADER, RowView } from '../features/row.ts';
import type { Table } from '../features/table.ts';
import { againSec, crossingSec, type Trigger } from '../features/trigger.ts';

/** A trigger that is to fire for a customer. */
export interface Firing {
  readonly customer: string;
  readonly name: string;
  /** The second of the crossing. */
  readonly sec: number;
}

/** Firings of one group of the log: some milliseconds. */
const FIRINGS_MAX = 2000;
const DAY_SEC = 86_400;
const SEC_MAX = 0xffff_ffff;
/** Rows between two pauses of a scan: about a millisecond. */
const SCAN_ROWS = 1000;
/** What is worked out twice may differ by the second that rounding takes. */
const SAME_SEC = 1;

/**
 * Knows for each row a second up to which none of the triggers can fire. Everything follows from the row, which
 * keeps what it has fired for, and the time: so it needs no memory of its own beyond a restart, and looking once too often
 * does no harm. A firing is no change of the state: the `trigger.fired` in the log is, once it is folded.
 */
export class TriggerWatch {
  private readonly tables: readonly Table[];
  private readonly triggers: readonly Trigger[];
  private readonly identities: Identities;
  private readonly wheel = new TimerWheel();
  private readonly read: ReadAll;
  private readonly types: ReadonlySet<number>;
  private readonly groups: GroupReader;
  private readonly view = RowView.ofWords(0);
  private readonly values: Float64Array;
  /** What they are a day later, once one look has asked for it. */
  private readonly later: Float64Array;
  private isLaterRead = false;
  private readonly ask: Ask;
  private isOn = false;

  constructor(plan: FeaturePlan, tables: readonly Table[], triggers: readonly Trigger[]) {
    const positions = positionsOf(plan, triggers);
    this.tables = tables;
    this.triggers = triggers;
    this.identities = new Identities(tables);
    this.read = compileReadings(
      positions.map((position) => ({ position, ...plan.features[position] })),
      plan.rowWords,
    );
    this.types = typesOf(plan, positions, tables[0].shard.isBounded);
    this.groups = new GroupReader(
      plan.groupTables,
      tables.map(({ shard }) => shard.groups),
    );
    this.values = new Float64Array(plan.features.length);
    this.later = new Float64Array(plan.features.length);
    this.ask = { sec: 0, values: this.values, keys: {}, groups: this.groups, touched: 0 };
  }

  /** Whether an event of a type may change when a trigger fires. */
  touches(typeCode: number): boolean {
    return this.isOn && this.types.has(typeCode);
  }

  /**
   * Looks at all customers as they were after their last event, some at a time; from the first call on {@link changed} is to
   * be told of events. What has fired since shows in the row, so what was broken off is found, and nothing else.
   * @param asOfSec the time of the log
   */
  *scan(asOfSec: number): Generator<void> {
    this.isOn = true;
    for (const [shard, table] of this.tables.entries())
      for (let slot = 0; slot < table.slots; slot++) {
        if (table.keyOf(slot) >= 0) this.look(this.idOf(shard, slot), this.lastSecOf(table, slot), asOfSec, undefined);
        if (slot % SCAN_ROWS === SCAN_ROWS - 1) yield;
      }
  }

  /** An event has changed the row of an id. @param asOfSec the time of the log */
  changed(bytes: Uint8Array, start: number, end: number, asOfSec: number): void {
    const slot = this.identities.locate(bytes, start, end);
    if (slot >= 0) this.changedRow(this.identities.shard, slot, asOfSec);
  }

  /** As {@link changed}, of a row that is known. */
  changedRow(shard: number, slot: number, asOfSec: number): void {
    this.look(this.idOf(shard, slot), this.lastSecOf(this.tables[shard], slot), asOfSec, undefined);
  }

  /** Whether anybody is to be looked at up to a second. */
  isDue(sec: number): boolean {
    return this.wheel.isDue(sec);
  }

  /**
   * What fires up to a second, in the order of crossings.
   * @param asOfSec the time at which it does; where it is left out, each at its own second, and those of one second only
   */
  due(untilSec: number, asOfSec?: number): Firing[] {
    const firings: Firing[] = [];
    let firstSec = 0;
    while (firings.length < FIRINGS_MAX) {
      const id = this.wheel.next(untilSec);
      if (id < 0) break;
      const { at } = this.wheel;
      if (asOfSec === undefined && firings.length > 0 && at > firstSec) {
        this.wheel.put(id, at);
        break;
      }
      this.look(id, at, asOfSec ?? at, firings);
      if (firstSec === 0 && firings.length > 0) firstSec = at;
    }
    return firings;
  }

  /** The greatest event time of a row: what came after it is up to time alone. */
  private lastSecOf(table: Table, slot: number): number {
    const { view } = this;
    table.begin(slot, view);
    return view.u32[view.base + HEADER.lastSec];
  }

  private idOf(shard: number, slot: number): number {
    return slot * this.tables.length + shard;
  }

  /**
   * Looks at a row and makes it due when it has to be looked at again.
   * @param sec what the row is at that second
   * @param firings takes what fires; where it is left out, whatever fires is due at once
   */
  private look(id: number, sec: number, asOfSec: number, firings: Firing[] | undefined): void {
    const { wheel, view, values } = this;
    const shard = id % this.tables.length;
    const slot = Math.floor(id / this.tables.length);
    const table = this.tables[shard];
    const key = slot < table.slots ? table.keyOf(slot) : -1;
    if (key < 0) {
      wheel.remove(id);
      return;
    }
    table.begin(slot, view);
    this.readAt(sec, values);
    this.isLaterRead = false;
    let nextSec = Number.POSITIVE_INFINITY;
    for (const trigger of this.triggers) {
      const last = view.u32[view.base + trigger.firedOffset];
      const fires =
        trigger.crossing === undefined ? this.ruleSec(trigger, last, sec) : this.crossed(trigger, last, sec);
      nextSec = Math.min(nextSec, this.againSec);
      if (Number.isNaN(fires) || fires < asOfSec - trigger.withinSec) continue;
      nextSec = Math.min(nextSec, firings === undefined ? sec : sec + DAY_SEC);
      firings?.push({ customer: this.customerOf(table, key), name: trigger.name, sec: fires });
    }
    // Whoever is due sooner is looked at then and made due anew: mostly an event only puts off, and moving costs more.
    const dueSec = wheel.dueOf(id);
    if (dueSec !== 0 && dueSec <= nextSec) return;
    if (nextSec <= SEC_MAX) wheel.put(id, nextSec);
  }

  /** When the trigger is to be looked at again if nothing fires: told by the last of the two below. */
  private againSec = 0;

  /** @returns the second of a crossing that it has not fired for, NaN where there is none */
  private crossed(trigger: Trigger, last: number, sec: number): number {
    const { values } = this;
    const crossing = trigger.crossing as NonNullable<Trigger['crossing']>;
    const now = values[crossing.position];
    this.againSec = Number.POSITIVE_INFINITY;
    if (now === crossing.missing && this.isStill(crossing.position, now, sec)) return Number.NaN;
    const at = crossingSec(crossing, now, sec);
    if (at > sec) {
      this.againSec = at;
      return Number.NaN;
    }
    this.againSec = againSec(crossing, now, sec);
    if (at <= last + SAME_SEC || at < last + trigger.rearmSec) return Number.NaN;
    return trigger.holds?.(values) === false ? Number.NaN : at;
  }

  /** What is not known does not move. */
  private isStill(position: number, now: number, sec: number): boolean {
    if (!this.isLaterRead) this.readAt(sec + DAY_SEC, this.later);
    this.isLaterRead = true;
    return this.later[position] === now;
  }

  /** @returns `sec` where the rule holds and may fire again, else NaN */
  private ruleSec(trigger: Trigger, last: number, sec: number): number {
    this.againSec = sec + trigger.everySec;
    if (trigger.holds?.(this.values) !== true) return Number.NaN;
    if (last === 0 || sec >= last + trigger.rearmSec) return sec;
    this.againSec = last + trigger.rearmSec;
    return Number.NaN;
  }

  private readAt(sec: number, values: Float64Array): void {
    const { ask } = this;
    ask.sec = sec;
    ask.values = values;
    this.groups.forget();
    this.read(this.view, ask);
  }

  private customerOf(table: Table, key: number): string {
    return Buffer.from(table.index.bytesOf(key)).toString();
  }
}

/** Positions of the features that triggers look at, with those that they are made from; rising. */
const positionsOf = ({ features }: FeaturePlan, triggers: readonly Trigger[]): number[] => {
  const names = new Set(triggers.flatMap((trigger) => trigger.features));
  const positions = new Set<number>();
  for (let i = features.length - 1; i >= 0; i--) {
    if (names.has(features[i].spec.name)) positions.add(i);
    if (positions.has(i)) for (const input of features[i].inputs) positions.add(input);
  }
  return [...positions].sort((a, b) => a - b);
};

/** Codes of the event types that change what the features are made of, or who is who. */
const typesOf = (plan: FeaturePlan, positions: readonly number[], isAny: boolean): Set<number> => {
  const cells = new Map(plan.cells.map(({ key, cell }) => [key, cell]));
  const keys = isAny ? [...cells.keys()] : positions.flatMap((position) => plan.features[position].cells);
  const codes = keys.flatMap((key) => cells.get(key)?.selector.typeCodes ?? []);
  const always = ['trigger.fired', 'identity.linked', 'identity.unlinked'].map((type) => definitionOfType(type)?.code);
  return new Set([...codes, ...(always as number[])]);
};
