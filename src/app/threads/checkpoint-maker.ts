import { LIMITS } from '../../base/limits.ts';
import { measures } from '../../base/measures.ts';
import { CopyPool, PAGE_STATE, PAGE_WORDS } from '../../features/page-copies.ts';
import type { Stretch } from '../../features/shard.ts';
import type { Table } from '../../features/table.ts';
import { type Mark, writeCheckpointHere } from '../../state/checkpoint.ts';
import { CheckpointStore, recordsOf } from '../../state/checkpoint-store.ts';
import type { ColdDatabase } from '../../state/cold-database.ts';
import { coldPartOf } from '../../state/cold-file.ts';
import type { Writer } from '../../state/writer.ts';
import type { CheckpointThreadData, PageStates } from './checkpoint-thread.ts';
import { startThread, type Thread } from './thread.ts';

/** The state that checkpoints are made of, while its pack is in force. */
export interface MarkedState {
  readonly writer: Writer;
  readonly tables: readonly Table[];
  readonly memories: readonly WebAssembly.Memory[];
  readonly layout: string;
  /** Where there is a bound on rows. */
  readonly cold: ColdDatabase | undefined;
}

export interface CheckpointMakerParts {
  readonly dataDir: string;
  readonly state: () => MarkedState;
  /** Does something when no group is under way. */
  readonly atRest: (work: () => void) => Promise<void>;
  /** Told where one could not be made. */
  readonly onFailure: (error: Error) => void;
}

/** Makes checkpoints beside the writer, one at a time. The writer stands still for the mark alone. */
export class CheckpointMaker {
  readonly store: CheckpointStore;
  private readonly parts: CheckpointMakerParts;
  private readonly pool = new CopyPool(LIMITS.checkpointCopyBytesMax);
  private thread: Thread | undefined;
  private underWay: Promise<boolean> | undefined;
  private isCancelled = false;

  constructor(parts: CheckpointMakerParts) {
    this.parts = parts;
    this.store = new CheckpointStore(parts.dataDir);
  }

  get isUnderWay(): boolean {
    return this.underWay !== undefined;
  }

  /** Makes one of now or later. @returns whether it was made; why not was told */
  async make(): Promise<boolean> {
    // One that is under way may have been marked before now.
    while (this.underWay !== undefined) await this.underWay;
    this.underWay = this.beside().finally(() => {
      this.underWay = undefined;
    });
    return this.underWay;
  }

  /** Makes one on this thread, while nothing is committed. @returns whether it was made; why not was told */
  async makeHere(): Promise<boolean> {
    const { writer, tables, layout, cold } = this.parts.state();
    const shards = tables.map(({ shard }) => shard);
    return this.measured(async () => {
      const mark = writer.mark(layout);
      return { records: recordsOf(mark), bytes: await writeCheckpointHere(this.store, mark, shards, cold), heldMs: 0 };
    });
  }

  /** Gives up the one that is under way. */
  async cancel(): Promise<void> {
    this.isCancelled = true;
    await this.thread?.worker.terminate();
    while (this.underWay !== undefined) await this.underWay;
    this.isCancelled = false;
  }

  private beside(): Promise<boolean> {
    const { dataDir, state, atRest } = this.parts;
    const { writer, tables, memories, layout, cold } = state();
    const { store } = this;
    const stretches = writer.stretches();
    const data: CheckpointThreadData = {
      dataDir,
      shards: memories,
      stretches,
      copies: this.pool.shared,
      copyBytesMax: LIMITS.checkpointCopyBytesMax,
    };
    const end = (): void => {
      for (const { shard } of tables) shard.copies.end();
      this.pool.clear();
    };
    return this.measured(async () => {
      const written = Promise.withResolvers<number>();
      let heldMs = 0;
      let records = -1;
      /** Under way from the mark on: rows that have no room, as they are then. */
      let copying = Promise.resolve();
      /** Whoever still waits for rest when this has ended must not begin to keep pages: nobody would end it. */
      let isOver = false;
      store.makeFolder();
      this.thread = startThread('./checkpoint-thread.ts', data, {
        async mark(states: PageStates): Promise<Mark> {
          let mark: Mark | undefined;
          await atRest(() => {
            if (isOver) throw new Error('it was given up');
            const startMs = performance.now();
            mark = begin(states, stretches);
            if (cold !== undefined) copying = cold.copyTo(coldPartOf(store.folder));
            copying.catch(() => {});
            heldMs = performance.now() - startMs;
          });
          records = recordsOf(mark as unknown as Mark);
          return mark as unknown as Mark;
        },
        read() {
          const isLost = tables.some(({ shard }) => shard.copies.isLost);
          end();
          if (isLost) throw new Error('too much of the state changed while it was written');
        },
        async copied() {
          await copying;
          return cold !== undefined;
        },
        written: written.resolve,
      });
      const begin = (states: PageStates, before: CheckpointThreadData['stretches']): Mark => {
        const mark = writer.mark(layout);
        for (const [i, { shard }] of tables.entries()) {
          expect(states[i], before[i], mark.stretches[i]);
          shard.copies.begin(states[i], this.pool);
          // The header changes with every event.
          shard.copies.keep(shard.u32, ...mark.stretches[i][0]);
        }
        return mark;
      };
      try {
        const gone = this.thread.ended.then(() => Promise.reject(new Error('it was given up')));
        const bytes = await Promise.race([written.promise, gone]);
        return { records, bytes, heldMs };
      } finally {
        isOver = true;
        this.thread = undefined;
        end();
        await copying.catch(() => {});
        store.removeParts();
      }
    });
  }

  private async measured(work: () => Promise<{ records: number; bytes: number; heldMs: number }>): Promise<boolean> {
    const startMs = performance.now();
    try {
      const done = await work();
      measures.checkpoint.publish({ ...done, durationMs: performance.now() - startMs });
      return true;
    } catch (error) {
      if (this.isCancelled) return false;
      measures.checkpoint.publish({ records: -1, bytes: 0, heldMs: 0, durationMs: performance.now() - startMs });
      this.parts.onFailure(error as Error);
      return false;
    }
  }
}

/** Marks the pages that are to be kept and were not in use when the states were made. */
const expect = (states: Int32Array, before: readonly Stretch[], now: readonly Stretch[]): void => {
  for (const [i, [from, end]] of now.entries()) {
    const [fromBefore, endBefore] = before[i];
    const first = from === fromBefore ? endBefore : from;
    if (end / PAGE_WORDS > states.length) throw new Error('the state grew too fast');
    if (first < end) states.fill(PAGE_STATE.pending, first / PAGE_WORDS, end / PAGE_WORDS);
  }
};
