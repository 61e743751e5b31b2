/**
 * How far the writer is, in memory that all threads share. The writer writes, others read; the count of waiting
 * events is the only word with two writers, and changed atomically.
 */
const FLOATS = { appliedOffset: 0, logTimeMs: 1, caughtUp: 2 } as const;
const FLOAT_COUNT = 3;

export class Status {
  readonly memory: SharedArrayBuffer;
  private readonly floats: Float64Array;
  private readonly pending: Int32Array;

  constructor(memory = new SharedArrayBuffer((FLOAT_COUNT + 1) * 8)) {
    this.memory = memory;
    this.floats = new Float64Array(memory, 0, FLOAT_COUNT);
    this.pending = new Int32Array(memory, FLOAT_COUNT * 8, 1);
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

  /** Whether the state holds all that the log held when the service started. */
  get isCaughtUp(): boolean {
    return this.floats[FLOATS.caughtUp] === 1;
  }

  set isCaughtUp(value: boolean) {
    this.floats[FLOATS.caughtUp] = value ? 1 : 0;
  }

  /** Events sent to the writer and not yet applied. */
  get pendingEvents(): number {
    return Atomics.load(this.pending, 0);
  }

  addPending(events: number): void {
    Atomics.add(this.pending, 0, events);
  }
}
