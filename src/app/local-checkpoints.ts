import { LIMITS } from '../base/limits.ts';
import type { EventLog } from '../log/event-log.ts';
import type { Pack } from '../packs/pack.ts';
import { restoreCheckpoint, writeCheckpointHere } from '../state/checkpoint.ts';
import { CheckpointStore } from '../state/checkpoint-store.ts';
import type { Writer } from '../state/writer.ts';
import type { StateView } from './shared-state.ts';
import { stateLayout } from './state-layout.ts';

/** The checkpoints of a data directory that is opened by this thread alone; none are made or used where there is a bound on rows. */
export class LocalCheckpoints {
  private readonly store: CheckpointStore;
  private readonly view: StateView;
  private readonly layout: string;

  constructor(dataDir: string, pack: Pack, view: StateView) {
    this.store = new CheckpointStore(dataDir);
    this.view = view;
    this.layout = stateLayout(pack);
    this.store.removeParts();
  }

  /** Begins with the newest one that can be used instead of an empty state. */
  async restore(log: EventLog, writer: Writer): Promise<void> {
    const { store, layout } = this;
    if (this.isBounded) return;
    const restored = await restoreCheckpoint({ store, log, layout, shards: this.shards });
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
    if (this.isBounded) return false;
    try {
      await writeCheckpointHere(this.store, writer.mark(this.layout), this.shards);
      return true;
    } catch {
      return false;
    }
  }

  private get isBounded(): boolean {
    return this.view.coldPath !== undefined;
  }

  private get shards() {
    return this.view.tables.map(({ shard }) => shard);
  }
}
