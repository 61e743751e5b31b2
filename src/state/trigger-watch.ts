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
const FIRST_CAPACITY = 1024;
/** What is worked out twice may differ by the second that rounding takes. */
const SAME_SEC = 1;

/**
 * Knows for each row a second up to which none of the triggers can fire. Everything follows from the row, which
 * keeps what it has fired for, and the time: so it needs no memory of its own beyond a restart, and looking once too often
 * does no harm. A firing is no change of the state: the `trigger.fired` in the log is, once it is folded.
 */
export class TriggerWatch {
  private readonly tables: readonly Table[];
  private readonly identities: Identities;
  private readonly wheel = new TimerWheel();
  private readonly whole: Look;
  /** What an event may change, by the code of its type; none where it changes nothing. */
  private readonly looks: readonly (Look | undefined)[];
  /** Low words of the fingerprints of those who were looked at, by row: a row that was freed is somebody else's later. */
  private known = new Uint32Array(0);
  /** Rows that fire in the {@link due} under way. */
  private readonly fired = new Set<number>();
  private readonly groups: GroupReader;
  private readonly view = RowView.ofWords(0);
  private readonly values: Float64Array;
  /** What they are a day later, once one look has asked for it. */
  private readonly later: Float64Array;
  private isLaterRead = false;
  private readonly ask: Ask;
  /** Of the look under way. */
  private read: ReadAll;
  private isOn = false;

  constructor(plan: FeaturePlan, tables: readonly Table[], triggers: readonly Trigger[]) {
    this.tables = tables;
    this.identities = new Identities(tables);
    this.whole = lookOf(plan, triggers);
    this.looks = looksOf(plan, this.whole, tables[0].shard.isBounded);
    this.read = this.whole.read;
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
    return this.isOn && this.looks[typeCode] !== undefined;
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
        if (table.keyOf(slot) >= 0)
          this.look(this.whole, this.idOf(shard, slot), this.lastSecOf(table, slot), asOfSec, undefined);
        if (slot % SCAN_ROWS === SCAN_ROWS - 1) yield;
      }
  }

  /** An event of a type that {@link touches} has changed the row of an id. @param asOfSec the time of the log */
  changed(typeCode: number, bytes: Uint8Array, start: number, end: number, asOfSec: number): void {
    const slot = this.identities.locate(bytes, start, end);
    if (slot >= 0) this.changedRow(typeCode, this.identities.shard, slot, asOfSec);
  }

  /** As {@link changed}, of a row that is known. */
  changedRow(typeCode: number, shard: number, slot: number, asOfSec: number): void {
    const id = this.idOf(shard, slot);
    const sec = this.lastSecOf(this.tables[shard], slot);
    // What the event does not touch moves with time as it did when it was looked at, and the wheel knows of that.
    const isKnown =
      this.wheel.dueOf(id) !== 0 && this.known[id] === this.view.u32[this.view.base + HEADER.fingerprintLo];
    this.look(isKnown ? (this.looks[typeCode] as Look) : this.whole, id, sec, asOfSec, undefined);
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
    const { fired } = this;
    fired.clear();
    let firstSec = 0;
    while (firings.length < FIRINGS_MAX) {
      const id = this.wheel.next(untilSec);
      if (id < 0) break;
      const { at } = this.wheel;
      // After a restart the wheel does not give what is past in order, and until it is folded a row knows nothing of its firing.
      if (fired.has(id) || (asOfSec === undefined && firings.length > 0 && at > firstSec)) {
        this.wheel.put(id, at);
        break;
      }
      const before = firings.length;
      this.look(this.whole, id, at, asOfSec ?? at, firings);
      if (firings.length > before) fired.add(id);
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
   * @param wanted for what
   * @param sec what the row is at that second
   * @param firings takes what fires; where it is left out, whatever fires is due at once
   */
  private look(wanted: Look, id: number, sec: number, asOfSec: number, firings: Firing[] | undefined): void {
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
    this.know(id, view.u32[view.base + HEADER.fingerprintLo]);
    this.read = wanted.read;
    this.readAt(sec, values);
    this.isLaterRead = false;
    let nextSec = Number.POSITIVE_INFINITY;
    for (const trigger of wanted.triggers) {
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

  private know(id: number, fingerprintLo: number): void {
    if (id >= this.known.length) {
      const longer = new Uint32Array(Math.max(FIRST_CAPACITY, 2 * this.known.length, id + 1));
      longer.set(this.known);
      this.known = longer;
    }
    this.known[id] = fingerprintLo;
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

/** Triggers that are looked at together, and the reading of their features. */
interface Look {
  readonly triggers: readonly Trigger[];
  readonly read: ReadAll;
}

const lookOf = (plan: FeaturePlan, triggers: readonly Trigger[]): Look => ({
  triggers,
  read: compileReadings(
    positionsOf(plan, triggers).map((position) => ({ position, ...plan.features[position] })),
    plan.rowWords,
  ),
});

const namesOf = (triggers: readonly Trigger[]): string => triggers.map(({ name }) => name).join('\n');

/** Types after which everything is looked at: who is who has changed, or what has fired. */
const WHOLE = ['trigger.fired', 'identity.linked', 'identity.unlinked'].map((type) => definitionOfType(type)?.code);

/** By the codes of the event types that change what features are made of. @param isBounded whether rows come and go */
const looksOf = (plan: FeaturePlan, whole: Look, isBounded: boolean): (Look | undefined)[] => {
  const cells = new Map(plan.cells.map(({ key, cell }) => [key, cell.selector.typeCodes]));
  const codesOf = (keys: Iterable<string>): number[] => [...keys].flatMap((key) => cells.get(key) ?? []);
  const byCode = new Map<number, Trigger[]>();
  for (const trigger of whole.triggers) {
    const keys = positionsOf(plan, [trigger]).flatMap((position) => plan.features[position].cells);
    for (const code of new Set(codesOf(keys))) byCode.set(code, [...(byCode.get(code) ?? []), trigger]);
  }
  const looks: (Look | undefined)[] = [];
  // Many types touch the same triggers.
  const shared = new Map([[namesOf(whole.triggers), whole]]);
  for (const [code, triggers] of byCode) {
    const names = namesOf(triggers);
    const look = shared.get(names) ?? lookOf(plan, triggers);
    shared.set(names, look);
    looks[code] = look;
  }
  // A row that was brought back stands in another place, so nothing is known of it.
  for (const code of isBounded ? codesOf(cells.keys()) : []) looks[code] = whole;
  for (const code of WHOLE) looks[code as number] = whole;
  return looks;
};
