import { LIMITS } from '../base/limits.ts';

/**
 * How far the writer is, in memory that all threads share. The writer writes, others read; the count of waiting
 * events and the time that was told have several writers, and are changed atomically.
 */
const FLOATS = { appliedOffset: 0, logTimeMs: 1, waitingSinceMs: 2, phase: 3, lagOffsets: 4, awaySinceMs: 5 } as const;
const FLOAT_COUNT = 6;

/** Where the writer is in its life. */
const PHASES = ['recovering', 'caughtUp', 'failed'] as const;
export type Phase = (typeof PHASES)[number];

/** Where a state stands in the log, one entry a partition. */
export type Places = Pick<Status, 'positions' | 'logTimesMs'>;

export class Status {
  readonly memory: SharedArrayBuffer;
  private readonly floats: Float64Array;
  private readonly pending: Int32Array;
  private readonly told: BigInt64Array;

  /** Offset of the next record to be folded, one a partition of the log; those that it has not stay 0. */
  readonly positions: Float64Array;
  /** Log time of the last record that was folded, ms, one a partition. */
  readonly logTimesMs: Float64Array;

  constructor(memory = new SharedArrayBuffer((FLOAT_COUNT + 2 + 2 * LIMITS.shards) * 8)) {
    this.memory = memory;
    this.positions = new Float64Array(memory, (FLOAT_COUNT + 2) * 8, LIMITS.shards);
    this.logTimesMs = new Float64Array(memory, (FLOAT_COUNT + 2 + LIMITS.shards) * 8, LIMITS.shards);
    this.floats = new Float64Array(memory, 0, FLOAT_COUNT);
    this.pending = new Int32Array(memory, FLOAT_COUNT * 8, 1);
    this.told = new BigInt64Array(memory, (FLOAT_COUNT + 1) * 8, 1);
  }

  /** Another state is at other places: they are taken over. */
  takePlaces({ positions, logTimesMs }: Places): void {
    this.positions.set(positions);
    this.logTimesMs.set(logTimesMs);
    this.appliedOffset = positions.reduce((sum, position) => sum + position, -1);
    this.logTimeMs = Math.max(...logTimesMs);
  }

  /** Offset of the last event applied, -1 where the log is empty. */
  get appliedOffset(): number {
    return this.floats[FLOATS.appliedOffset] - 1;
  }

  set appliedOffset(offset: number) {
    this.floats[FLOATS.appliedOffset] = offset + 1;
  }

  /** Log time of the last group applied, ms. */
  get logTimeMs(): number {
    return this.floats[FLOATS.logTimeMs];
  }

  set logTimeMs(timeMs: number) {
    this.floats[FLOATS.logTimeMs] = timeMs;
  }

  /** The greatest time told to the log's clock, ms; 0 where none was. It is no event: the next group's log time keeps it. */
  get toldMs(): number {
    return Number(Atomics.load(this.told, 0));
  }

  /** *Now* on the log's clock, ms: the log time, or later where later was told. */
  get logNowMs(): number {
    return Math.max(this.logTimeMs, this.toldMs);
  }

  /** Moves the log's clock, never back. @returns *now* */
  tell(timeMs: number): number {
    const told = BigInt(timeMs);
    for (let known = Atomics.load(this.told, 0); known < told; ) {
      const found = Atomics.compareExchange(this.told, 0, known, told);
      if (found === known) break;
      known = found;
    }
    return this.logNowMs;
  }

  get phase(): Phase {
    return PHASES[this.floats[FLOATS.phase]];
  }

  /** `caughtUp`: the state holds all that the log held at the start. `failed`: nothing may be acknowledged any more. */
  set phase(phase: Phase) {
    this.floats[FLOATS.phase] = PHASES.indexOf(phase);
  }

  /** Records that the log holds and the state does not, as far as the writer knows; 0 where nobody else appends. */
  get lagOffsets(): number {
    return this.floats[FLOATS.lagOffsets];
  }

  set lagOffsets(records: number) {
    this.floats[FLOATS.lagOffsets] = records;
  }

  /** How old the newest record is that has been applied, where there are newer ones, seconds. */
  lagSec(nowMs: number): number {
    return this.lagOffsets === 0 ? 0 : Math.max(0, Math.round((nowMs - this.logTimeMs) / 1000));
  }

  /** Since when the log cannot be reached, ms of the wall clock; 0 while it can. */
  get awaySinceMs(): number {
    return this.floats[FLOATS.awaySinceMs];
  }

  set awaySinceMs(timeMs: number) {
    this.floats[FLOATS.awaySinceMs] = timeMs;
  }

  /** Events sent to the writer and not yet applied. */
  get pendingEvents(): number {
    return Atomics.load(this.pending, 0);
  }

  /** @param nowMs wall clock: from when on the first of them waits */
  addPending(events: number, nowMs: number): void {
    if (Atomics.add(this.pending, 0, events) === 0) this.floats[FLOATS.waitingSinceMs] = nowMs;
  }

  /** After a group: those that still wait have waited for the next one since now. */
  takePending(events: number, nowMs: number): void {
    Atomics.sub(this.pending, 0, events);
    this.floats[FLOATS.waitingSinceMs] = nowMs;
  }

  /** How long accepted events have waited to be seen, ms of the wall clock; 0 where none wait. */
  lagMs(nowMs: number): number {
    return this.pendingEvents === 0 ? 0 : Math.max(0, nowMs - this.floats[FLOATS.waitingSinceMs]);
  }
}
