import { LIMITS } from '../../base/limits.ts';
import type { EventLog } from '../../log/event-log.ts';
import type { SqliteLog } from '../../log/sqlite-log.ts';
import { type RestoreListener, restoreCheckpoint } from '../../state/checkpoint.ts';
import { recordsOf } from '../../state/checkpoint-store.ts';
import type { Status } from '../../state/status.ts';
import type { Config } from '../config-schema.ts';
import { CheckpointMaker, type CheckpointMakerParts } from './checkpoint-maker.ts';

export interface CheckpointsParts extends CheckpointMakerParts {
  readonly config: Pick<Config, 'checkpointEveryEvents' | 'checkpointEveryMs' | 'checkpointAtStop' | 'logRetentionMs'>;
  readonly log: EventLog & Partial<Pick<SqliteLog, 'trim'>>;
  /** *Now*, from which the age of the log's groups is taken, ms. */
  readonly nowMs: () => number;
  /** Offset of the first record of the log that somebody else still has to read. */
  readonly neededFrom: () => number;
  /** Told where the log failed: nothing may be acknowledged any more. */
  readonly onLogFailure: (error: unknown) => void;
  readonly status: Status;
  /** Whether the log is being read or rewritten for an erasure. */
  readonly isErasing: () => boolean;
  /** Whether none may begin now. */
  readonly isHeld: () => boolean;
}

/** When checkpoints are made and which of them go: the writer thread's side of them. */
export class Checkpoints {
  private readonly parts: CheckpointsParts;
  private readonly maker: CheckpointMaker;
  /** Offset and time of the last one that was begun. */
  private offset = 0;
  private beganMs = performance.now();
  /** Resolves when the log is not being trimmed. */
  trimming: Promise<void> = Promise.resolve();

  constructor(parts: CheckpointsParts) {
    this.parts = parts;
    this.maker = new CheckpointMaker(parts);
  }

  /** Begins with the newest one that can be used instead of an empty state. @returns its number and its offset */
  async restore(listener: RestoreListener): Promise<{ checkpoint: number; offset: number } | undefined> {
    const { log, state } = this.parts;
    const { store } = this.maker;
    store.removeParts();
    const { writer, tables, layout, cold } = state();
    const shards = tables.map(({ shard }) => shard);
    const restored = await restoreCheckpoint({ store, log, layout, shards, cold }, listener);
    if (restored === undefined) return undefined;
    writer.resume(restored);
    this.offset = recordsOf(restored.checkpoint);
    return { checkpoint: restored.number, offset: this.offset };
  }

  /** Beside the commits, where enough has come since the last one. */
  makeBehind(): void {
    const { checkpointEveryEvents: events, checkpointEveryMs: everyMs } = this.parts.config;
    const { tail, parts, maker } = this;
    if (tail === 0 || parts.isHeld() || maker.isUnderWay) return;
    const isLate = everyMs > 0 && performance.now() - this.beganMs >= everyMs;
    if (isLate || (events > 0 && tail >= events)) void this.make();
  }

  /** As {@link CheckpointStore.forget}. */
  async forget(): Promise<void> {
    await this.maker.store.forget(this.lastErasure, this.parts.log, () => this.make(false));
  }

  /** Gives up the one that is under way. */
  async cancel(): Promise<void> {
    await this.maker.cancel();
    await this.trimming;
  }

  /** Those made so far are of another layout: the next one comes soon. */
  renew(): void {
    this.beganMs = Number.NEGATIVE_INFINITY;
  }

  /** The last one: where it saves the next start work, or where an earlier one knows of somebody who was erased. */
  async close(): Promise<void> {
    await this.cancel();
    const { parts, maker } = this;
    if (parts.status.phase !== 'caughtUp') return;
    const [newest] = maker.store.list();
    this.offset = newest?.checkpoint === undefined ? 0 : recordsOf(newest.checkpoint);
    const { checkpointEveryEvents: events, checkpointAtStop } = parts.config;
    const tailMin = Math.min(LIMITS.checkpointTailEventsMin, events || LIMITS.checkpointTailEventsMin);
    const knowsErased = maker.store.hasBefore(this.lastErasure) || (newest?.checkpoint?.erasuresWaiting ?? 0) > 0;
    if ((checkpointAtStop && this.tail >= tailMin) || knowsErased) await maker.makeHere();
  }

  /** @param isTrimming whether the log may be trimmed after it */
  private async make(isTrimming = true): Promise<boolean> {
    this.offset += this.tail;
    this.beganMs = performance.now();
    const isMade = await this.maker.make();
    // Whoever reads the log to erase somebody must find it as it was.
    if (isMade && isTrimming && !this.parts.isErasing()) {
      this.trimming = this.trim();
      await this.trimming;
    }
    return isMade;
  }

  /** Takes away what is old enough in the log and stands in all checkpoints. */
  private async trim(): Promise<void> {
    const { config, log, nowMs, neededFrom, onLogFailure } = this.parts;
    if (config.logRetentionMs === 0 || log.isShared) return;
    const before = Math.min(this.maker.store.recordsHeld, neededFrom());
    const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    try {
      await log.trim?.(before, nowMs() - config.logRetentionMs, pause);
    } catch (error) {
      onLogFailure(error);
    }
  }

  private get tail(): number {
    return this.parts.status.appliedOffset + 1 - this.offset;
  }

  private get lastErasure(): number {
    return this.parts.state().writer.erasures.lastPlace;
  }
}
