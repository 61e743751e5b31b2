import { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { type MeasuredGroup, measures } from '../base/measures.ts';
import { definitionOfType } from '../events/catalogue.ts';
import { type Chunk, RecordReader } from '../events/record.ts';
import { openHash, type Residue } from '../events/residue.ts';
import { Applier } from '../features/apply.ts';
import type { ItemBoard } from '../features/item-board.ts';
import { ItemChanges } from '../features/item-changes.ts';
import type { FeaturePlan } from '../features/plan.ts';
import { Residency } from '../features/residency.ts';
import { type Stretch, stretch } from '../features/shard.ts';
import type { Table } from '../features/table.ts';
import type { AppendGroup, EventLog, LogGroup } from '../log/event-log.ts';
import { type FoldRest, logIdentity, type Mark, type Restored } from './checkpoint.ts';
import type { ColdDatabase } from './cold-database.ts';
import type { DeadLetter, DeadLetters } from './dead-letters.ts';
import type { DedupeWindow } from './dedupe.ts';
import { Eraser, type Pause } from './eraser.ts';
import { Erasures } from './erasures.ts';
import { AHEAD_EVENTS, LookAhead } from './look-ahead.ts';
import type { Status } from './status.ts';
import { TriggerClock } from './trigger-clock.ts';
import type { TriggerWatch } from './trigger-watch.ts';

/** What became of an event that was handed to the writer. */
export const EVENT_RESULT = { accepted: 0, duplicate: 1, fromFuture: 2 } as const;

/** An event may name two new ids: its subject and an alias. */
const KEYS_PER_EVENT = 2;

/** With these the fold ends, and whoever reads the log later finds the record again. */
const NOT_OF_A_RECORD: ReadonlySet<string> = new Set(['STATE_FULL', 'LOG_UNAVAILABLE', 'DATA_FORMAT_UNSUPPORTED']);

const ERASED = definitionOfType('customer.erased')?.code;

/** An {@link EVENT_RESULT} an event, in the chunk's order. */
export type ChunkResult = Uint8Array;

export interface WriterParts {
  readonly log: EventLog;
  readonly plan: FeaturePlan;
  readonly tables: readonly Table[];
  readonly dedupe: readonly DedupeWindow[];
  readonly status: Status;
  /** Where the tables have a bound. */
  readonly cold?: ColdDatabase | undefined;
  /** Where records go that cannot be applied; nowhere without it, and the log goes on. */
  readonly deadLetters?: DeadLetters | undefined;
  /** What the fold of the log so far was told of items; nothing before its first record. */
  readonly itemChanges?: ItemChanges;
  /** Where rules find the same. */
  readonly itemBoard?: ItemBoard | undefined;
  /** What the fold of the log so far has found to be rewritten; none before its first record. */
  readonly erasures?: Erasures;
  /** Where triggers are to fire: not while a log is only read. */
  readonly triggers?: TriggerWatch | undefined;
  /** Milliseconds of a monotonic clock, for measures only: no state depends on it. */
  readonly stopwatchMs: () => number;
}

/** A group on its way into the state. */
interface Folding {
  readonly group: LogGroup;
  readonly logTimeSec: number;
  /** 1 for each record that was in the dedupe window. */
  readonly duplicates: Uint8Array;
  letters: DeadLetter[];
  failed: number;
  readonly measured: MeasuredGroup;
  readonly isMeasured: boolean;
}

/**
 * The one writer: append → dedupe → apply. The state is a fold of the log, so what {@link commit} does after the
 * append and what {@link recover} does at a start are the same function.
 */
export class Writer {
  private readonly parts: WriterParts;
  private readonly applier: Applier;
  private readonly reader = new RecordReader();
  private readonly ahead: LookAhead;
  private readonly triggerClock: TriggerClock | undefined;
  readonly erasures: Erasures;
  readonly itemChanges: ItemChanges;
  /** Offset of the next record to be folded, one a partition. */
  readonly positions: Float64Array;
  /** Log time of the last record that was folded, one a partition. */
  readonly logTimesMs: Float64Array;
  /** Stays true where an event could not be applied. */
  private isFolding = false;

  constructor(parts: WriterParts) {
    this.parts = parts;
    const { log, status } = parts;
    this.positions = status.positions.subarray(0, log.partitions);
    this.logTimesMs = status.logTimesMs.subarray(0, log.partitions);
    this.erasures = parts.erasures ?? new Erasures(parts.log.secret);
    const { plan, tables, dedupe, cold, triggers } = parts;
    this.triggerClock = triggers && new TriggerClock(log, status, triggers, (group) => this.append(group));
    this.ahead = new LookAhead(plan.linesByType, tables, dedupe);
    const residency = cold === undefined ? undefined : new Residency(tables, cold);
    this.itemChanges = parts.itemChanges ?? new ItemChanges(plan.declaredItems, plan.askedOfItems);
    this.applier = new Applier(plan, tables, undefined, residency, this.itemChanges, parts.itemBoard);
  }

  /**
   * Folds what the log holds beyond the state: all of it where the state is empty.
   * @param onProgress told the offset reached, after each group
   */
  async recover(onProgress?: (offset: number) => void): Promise<void> {
    const { log, status } = this.parts;
    for await (const group of log.read([...this.positions], [...this.logTimesMs])) {
      this.fold(group);
      onProgress?.(status.appliedOffset + 1);
    }
    status.phase = 'caughtUp';
  }

  /**
   * Makes chunks durable as one group and applies them.
   * @param nowMs the wall clock, from which the group's log time is taken; undefined with the clock of the log, where it is
   *   the greatest time of the events and of what was told
   * @throws BeckonError STATE_FULL before anything is written; LOG_UNAVAILABLE: nothing may be acknowledged any more;
   *   CONFIG_INVALID with a log that others append to as well
   */
  async commit(chunks: readonly Chunk[], nowMs: number | undefined): Promise<ChunkResult[]> {
    const { log } = this.parts;
    if (log.isShared)
      throw new BeckonError('CONFIG_INVALID', 'the log is on Kafka: send events to a running service (--url)');
    this.checkRoom(chunks.reduce((sum, chunk) => sum + chunk.count, 0));
    const logTimeMs = this.nextLogTimeMs(chunks, nowMs);
    const results = chunks.map((chunk) => new Uint8Array(chunk.count));
    const records = this.refuseFuture(chunks, results, logTimeMs);
    const accepted = records.reduce((sum, part) => sum + part.count, 0);
    if (accepted === 0) return results;
    const group = { records: joined(records), count: accepted, logTimeMs };
    const duplicates = await (this.triggerClock?.append(group, nowMs) ?? this.append(group));
    if (duplicates.includes(1)) markDuplicates(results, duplicates);
    return results;
  }

  /**
   * Logs and applies triggers that fire by now, some at a time.
   * @param nowMs as for {@link commit}
   * @returns how many did; 0 where none is left
   * @throws BeckonError as {@link commit}
   */
  async fire(nowMs: number | undefined): Promise<number> {
    return this.triggerClock?.fire(nowMs) ?? 0;
  }

  /** @returns as {@link fold} */
  private async append(group: AppendGroup): Promise<Uint8Array> {
    const { log, stopwatchMs } = this.parts;
    const startMs = stopwatchMs();
    const { partition, firstOffset } = await log.append(group);
    const durableMs = stopwatchMs();
    const duplicates = this.fold({ ...group, partition, firstOffset });
    measures.commit.publish({ events: group.count, bytes: group.records.length, durationMs: durableMs - startMs });
    measures.apply.publish({ events: group.count, durationMs: stopwatchMs() - durableMs });
    return duplicates;
  }

  /** Goes on from a checkpoint whose words stand in the tables. Before {@link recover}. */
  resume({ checkpoint: { offsets, logTimesMs }, items, board = [], erasures }: Restored): void {
    const { status, itemBoard } = this.parts;
    this.itemChanges.resume(items);
    itemBoard?.resume(board);
    this.erasures.resume(erasures);
    status.logTimeMs = Math.max(...logTimesMs);
    for (const [partition, offset] of offsets.entries()) {
      this.logTimesMs[partition] = logTimesMs[partition];
      this.moveTo(partition, offset);
    }
  }

  /** Where the words in use of each shard stand. */
  stretches(): Stretch[][] {
    const { tables, dedupe } = this.parts;
    return tables.map(({ shard }, i) => {
      const { base, words } = dedupe[i].inUse;
      return [...shard.stretches(), stretch(base, words)];
    });
  }

  /** The state as it is now, between two groups. @param layout hash of what the meaning of its words depends on */
  mark(layout: string): Mark {
    if (this.isFolding) throw new Error('a group was applied in part only');
    const board = this.parts.itemBoard?.told;
    const rest: FoldRest = { items: this.itemChanges.told, board, erasures: this.erasures.facts };
    const stretches = this.stretches();
    const logTimesMs = [...this.logTimesMs];
    return { offsets: [...this.positions], logTimesMs, layout, log: logIdentity(this.parts.log), stretches, rest };
  }

  /** @throws BeckonError STATE_FULL where the tables might not hold so many more events */
  checkRoom(events: number): void {
    const full = this.parts.tables.find((table) => !table.hasRoom(events * KEYS_PER_EVENT));
    if (full !== undefined)
      throw new BeckonError('STATE_FULL', `shard ${full.shard.number} has no room for more customers`);
  }

  /** Whether the log still holds records of customers that were erased, and can be rewritten. */
  get hasErasures(): boolean {
    return !this.parts.log.isShared && !this.erasures.isEmpty;
  }

  /**
   * Puts residues in the place of the records of erased customers. Commits may go on meanwhile; one call at a time.
   * @param ready awaited before records of customers go: no checkpoint may be left that still needs them
   * @throws BeckonError as the log does: nothing may be acknowledged any more
   */
  async erase(pause: Pause, ready: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    if (!this.hasErasures) return;
    const { log, plan, tables, cold } = this.parts;
    await new Eraser(log, plan, tables.length, this.erasures, this.itemChanges).run(pause, ready);
    cold?.scrub();
  }

  /**
   * Applies a group of the log, the next one of its partition.
   * @returns 1 for each record that was in the dedupe window, and so was not applied
   */
  fold(group: LogGroup): Uint8Array {
    this.isFolding = true;
    const { reader, ahead } = this;
    const { status } = this.parts;
    const folding: Folding = {
      group,
      logTimeSec: Math.floor(group.logTimeMs / 1000),
      duplicates: new Uint8Array(group.count),
      letters: [],
      failed: 0,
      measured: { events: 0, duplicates: 0, corrections: 0, lateSecs: [] },
      isMeasured: measures.group.hasSubscribers,
    };
    reader.reset(group.records);
    for (let i = 0; ; i++) {
      if ((i & (AHEAD_EVENTS - 1)) === 0) ahead.look(reader);
      if (!reader.next()) break;
      this.foldRecord(folding, i);
    }
    const { letters, measured, duplicates } = folding;
    this.setAside(letters);
    measured.events = group.count - measured.duplicates - folding.failed;
    if (folding.isMeasured) measures.group.publish(measured);
    status.logTimeMs = Math.max(status.logTimeMs, group.logTimeMs);
    this.logTimesMs[group.partition] = group.logTimeMs;
    this.moveTo(group.partition, group.firstOffset + group.count);
    this.isFolding = false;
    return duplicates;
  }

  /** The record that the reader stands on, the i-th of its group. A function of its own, so that it is compiled as one. */
  private foldRecord(folding: Folding, i: number): void {
    const { reader, ahead, applier, erasures } = this;
    const { dedupe, log, status } = this.parts;
    const { group, logTimeSec, duplicates, measured } = folding;
    const a = i & (AHEAD_EVENTS - 1);
    const timeMs = Number.isNaN(reader.timeMs) ? group.logTimeMs : reader.timeMs;
    const offset = group.firstOffset + i;
    const place = status.appliedOffset + 1 + i;
    if (reader.isResidue) {
      if (!this.foldResidue(timeMs, logTimeSec)) return;
      duplicates[i] = 1;
      measured.duplicates++;
      return;
    }
    const { bytes, typeCode, subjectStart, subjectEnd } = reader;
    const shard = ahead.shards[a];
    const lo = ahead.lows[a];
    const hi = ahead.highs[a];
    if (dedupe[shard].seen(lo, hi, logTimeSec)) {
      duplicates[i] = 1;
      measured.duplicates++;
      erasures.sentAgain(offset, typeCode, reader.timeMs, shard, lo, hi);
      return;
    }
    try {
      const values = reader.values(applier.wantedFields);
      applier.expect(shard, ahead.slots[a]);
      applier.applyValues(bytes, subjectStart, subjectEnd, typeCode, timeMs, ahead.ties[a], values, offset, place);
    } catch (error) {
      folding.letters.push(this.letterOf(group, offset, error));
      folding.failed++;
      applier.giveUp();
      // Once it can be applied it may be sent again.
      dedupe[shard].forgetNewest();
      return;
    }
    if (typeCode === ERASED) {
      erasures.lastPlace = place;
      const ids = [reader.subject(), ...applier.erasedIds];
      if (!log.isShared) erasures.add({ offset, ids });
      folding.letters = folding.letters.filter(({ subject }) => !ids.includes(subject));
      this.parts.deadLetters?.removeOf(ids);
    }
    const { triggers } = this.parts;
    if (triggers?.touches(typeCode)) {
      if (applier.slot < 0) triggers.changed(typeCode, bytes, subjectStart, subjectEnd, logTimeSec);
      else triggers.changedRow(typeCode, applier.shard, applier.slot, logTimeSec);
    }
    if (folding.isMeasured && applier.lateSec > 0) {
      measured.lateSecs.push(applier.lateSec);
      if (applier.hasTouched) measured.corrections++;
    }
  }

  /**
   * The current record as a dead letter.
   * @throws the error where it is not the record's: a state without room, another database, a log of a newer version
   */
  private letterOf({ partition, logTimeMs }: LogGroup, offset: number, error: unknown): DeadLetter {
    const code = error instanceof BeckonError ? error.code : 'EVENT_NOT_APPLIED';
    if (NOT_OF_A_RECORD.has(code)) throw error;
    const { reader } = this;
    const record = Uint8Array.from(reader.bytes.subarray(reader.recordStart, reader.recordEnd));
    const reason = String((error as Error).message);
    return { partition, offset, logTimeMs, code, reason, subject: reader.subject(), record };
  }

  private setAside(letters: readonly DeadLetter[]): void {
    if (letters.length === 0) return;
    this.parts.deadLetters?.add(letters);
    for (const { code } of letters) measures.deadLetter.publish({ code, events: 1 });
  }

  /** All of a partition before an offset has been folded. */
  moveTo(partition: number, offset: number): void {
    this.parts.status.appliedOffset += offset - this.positions[partition];
    this.positions[partition] = offset;
  }

  /** The current record is what an erased customer's event has left. @returns whether that was a duplicate */
  private foldResidue(timeMs: number, logTimeSec: number): boolean {
    const { dedupe, log } = this.parts;
    const { dedupeShard, sealedHash, shard, effects } = this.reader.data() as unknown as Residue;
    const { lo, hi } = openHash(sealedHash, log.secret);
    if (dedupe[dedupeShard].seen(lo, hi, logTimeSec)) return true;
    this.erasures.remember(lo, hi);
    this.applier.applyResidue(shard, effects, timeMs);
    return false;
  }

  /** Time of the next group: never before the last one's. */
  private nextLogTimeMs(chunks: readonly Chunk[], nowMs: number | undefined): number {
    const { log, status } = this.parts;
    const last = Math.max(log.lastLogTimeMs(), status.toldMs);
    return Math.max(last, nowMs ?? chunks.reduce((latest, chunk) => Math.max(latest, chunk.latestMs), last));
  }

  /** Marks events too far ahead of the log time. @returns the chunks without them */
  private refuseFuture(chunks: readonly Chunk[], results: readonly ChunkResult[], logTimeMs: number): Chunk[] {
    const latestMs = logTimeMs + LIMITS.eventAheadMsMax;
    return chunks.map((chunk, c) =>
      chunk.latestMs > latestMs ? this.notLaterThan(latestMs, chunk, results[c]) : chunk,
    );
  }

  private notLaterThan(latestMs: number, chunk: Chunk, result: ChunkResult): Chunk {
    const { reader } = this;
    const kept: Uint8Array[] = [];
    reader.reset(chunk.records);
    for (let i = 0; reader.next(); i++)
      if (reader.timeMs > latestMs) result[i] = EVENT_RESULT.fromFuture;
      else kept.push(chunk.records.subarray(reader.recordStart, reader.recordEnd));
    return { records: Buffer.concat(kept), count: kept.length, latestMs };
  }
}

/** @param duplicates 1 or 0 for each event that has been accepted so far */
const markDuplicates = (results: readonly ChunkResult[], duplicates: Uint8Array): void => {
  let event = 0;
  for (const result of results)
    for (let i = 0; i < result.length; i++)
      if (result[i] === EVENT_RESULT.accepted && duplicates[event++] === 1) result[i] = EVENT_RESULT.duplicate;
};

const joined = (chunks: readonly Chunk[]): Uint8Array =>
  chunks.length === 1 ? chunks[0].records : Buffer.concat(chunks.map((chunk) => chunk.records));
