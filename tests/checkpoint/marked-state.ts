import { CopyPool, PAGE_STATE, PAGE_WORDS, readKept } from '../../src/features/page-copies.ts';
import type { Stretch } from '../../src/features/shard.ts';
import type { MemoryLog } from '../../src/log/memory-log.ts';
import type { Pack } from '../../src/packs/pack.ts';
import { type Mark, restoreCheckpoint, writeCheckpoint } from '../../src/state/checkpoint.ts';
import type { CheckpointStore } from '../../src/state/checkpoint-store.ts';
import type { ReadWords } from '../../src/state/shard-file.ts';
import { FoldedLog } from '../erasure/folded-log.ts';

export const LAYOUT = 'the layout of these tests';
const POOL_BYTES = 64 * 1024 * 1024;

/** A checkpoint that is being made in the same thread: what happens to the state after the mark must not show in it. */
export class MarkedState {
  private readonly state: FoldedLog;
  private readonly mark: Mark;
  private readonly pool = new CopyPool(POOL_BYTES);
  private readonly states: Int32Array[];
  private readonly read = new Map<string, Uint32Array>();

  constructor(state: FoldedLog) {
    this.state = state;
    this.mark = state.writer.mark(LAYOUT);
    this.states = state.tables.map(({ shard }, i) => {
      const states = new Int32Array(new SharedArrayBuffer((shard.u32.length / PAGE_WORDS) * 4));
      const stretches = this.mark.stretches[i];
      for (const [from, end] of stretches) states.fill(PAGE_STATE.pending, from / PAGE_WORDS, end / PAGE_WORDS);
      shard.copies.begin(states, this.pool);
      shard.copies.keep(shard.u32, ...stretches[0]);
      return states;
    });
  }

  /** Reads some of the stretches now. @param one of so many */
  readSome(one: number): void {
    for (const [i, stretches] of this.mark.stretches.entries())
      for (const [place, [from, end]] of stretches.entries()) {
        if ((i + place) % one !== 0 || this.read.has(`${i} ${from}`)) continue;
        const words = new Uint32Array(end - from);
        this.readPages(i, from, words);
        this.read.set(`${i} ${from}`, words);
      }
  }

  /** @returns its bytes */
  async write(store: CheckpointStore): Promise<number> {
    const readers = this.states.map(
      (_, i): ReadWords =>
        (from, into) =>
          this.readOnce(i, from, into),
    );
    const bytes = await writeCheckpoint(store, this.mark, readers);
    for (const { shard } of this.state.tables) shard.copies.end();
    return bytes;
  }

  private readOnce(i: number, from: number, into: Uint32Array): void {
    const [start] = this.mark.stretches[i].find(([first, end]) => first <= from && from < end) as Stretch;
    const words = this.read.get(`${i} ${start}`);
    if (words === undefined) this.readPages(i, from, into);
    else into.set(words.subarray(from - start, from - start + into.length));
  }

  private readPages(i: number, from: number, into: Uint32Array): void {
    readKept(this.state.tables[i].shard.u32, this.states[i], this.pool, from, into);
  }
}

/** The state of a start with the newest checkpoint that can be used, and the tail of the log. */
export const restored = async (
  pack: Pack,
  log: MemoryLog,
  store: CheckpointStore,
): Promise<{ state: FoldedLog; checkpoint: number | undefined; refused: string[] }> => {
  const state = new FoldedLog(pack, log);
  const shards = state.tables.map(({ shard }) => shard);
  const refused: string[] = [];
  const found = await restoreCheckpoint(
    { store, log, layout: LAYOUT, shards, cold: undefined },
    { refused: (number, why) => refused.push(`${number}: ${why}`) },
  );
  if (found !== undefined) state.writer.resume(found);
  await state.writer.recover();
  return { state, checkpoint: found?.number, refused };
};
