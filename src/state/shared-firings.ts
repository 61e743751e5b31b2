import type { Chunk } from '../events/record.ts';
import { firingRecords } from './firing-records.ts';
import type { SharedWriter } from './shared-writer.ts';
import type { TriggerWatch } from './trigger-watch.ts';

/**
 * Puts firings into a log that others append to as well. They count once they are read back; until then the row does not
 * tell of them, and what is fired twice has the same id. What no broker took is kept, and goes first.
 */
export class SharedFirings {
  readonly #writer: Pick<SharedWriter, 'commit'>;
  #watch: TriggerWatch | undefined;
  #waiting: Chunk | undefined;

  constructor(writer: Pick<SharedWriter, 'commit'>) {
    this.#writer = writer;
  }

  /** The triggers of another pack are in force. */
  change(watch: TriggerWatch | undefined): void {
    this.#watch = watch;
    this.#waiting = undefined;
  }

  /**
   * Logs triggers that fire by now, some at a time.
   * @returns how many did; 0 where none is left
   * @throws BeckonError as {@link SharedWriter.commit}
   */
  async fire(nowMs: number): Promise<number> {
    const nowSec = Math.floor(nowMs / 1000);
    this.#waiting ??= firingRecords(this.#watch?.due(nowSec, nowSec) ?? [], nowMs);
    const { count } = this.#waiting;
    if (count > 0) await this.#writer.commit([this.#waiting], nowMs);
    this.#waiting = undefined;
    return count;
  }
}
