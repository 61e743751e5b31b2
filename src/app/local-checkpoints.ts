import { LIMITS } from '../base/limits.ts';
import type { EventLog } from '../log/event-log.ts';
import type { Pack } from '../packs/pack.ts';
import { restoreCheckpoint, writeCheckpointHere } from '../state/checkpoint.ts';
import { CheckpointStore } from '../state/checkpoint-store.ts';
import type { ColdDatabase } from '../state/cold-database.ts';
import type { Writer } from '../state/writer.ts';
import type { StateView } from './shared-state.ts';
import { stateLayout } from './state-layout.ts';

/** The checkpoints of a data directory that is opened by this thread alone. */
export class LocalCheckpoints {
  private readonly store: CheckpointStore;
  private readonly view: StateView;
  private readonly layout: string;
  private readonly cold: ColdDatabase | undefined;

  constructor(dataDir: string, pack: Pack, view: StateView, cold: ColdDatabase | undefined) {
    this.store = new CheckpointStore(dataDir);
    this.view = view;
    this.layout = stateLayout(pack);
    this.cold = cold;
    this.store.removeParts();
  }

  /** Begins with the newest one that can be used instead of an empty state. */
  async restore(log: EventLog, writer: Writer): Promise<void> {
    const { store, layout, cold } = this;
    const restored = await restoreCheckpoint({ store, log, layout, shards: this.shards, cold });
    if (restored !== undefined) writer.resume(restored);
  }

  /** As {@link CheckpointStore.forget}. */
  async forget(log: EventLog, writer: Writer): Promise<void> {
    await this.store.forget(writer.erasures.lastPlace, log, () => this.make(writer));
  }

  /** After erasures. @param events that were appended: many are worth a checkpoint */
  async close(writer: Writer, events: number): Promise<void> {
    const [newest] = this.store.list();
    const knowsErased = (newest?.checkpoint?.erasuresWaiting ?? 0) > 0;
    if (knowsErased || events >= LIMITS.checkpointTailEventsMin) await this.make(writer);
  }

  /** @returns whether it was made; the next start reads more of the log where it was not */
  private async make(writer: Writer): Promise<boolean> {
    try {
      await writeCheckpointHere(this.store, writer.mark(this.layout), this.shards, this.cold);
      return true;
    } catch {
      return false;
    }
  }

  private get shards() {
    return this.view.tables.map(({ shard }) => shard);
  }
}
