import type { JoinOptions, SourceRecord } from './kafka-client.ts';

/** Records that are taken together: one request to the log. */
const TAKEN_MAX = 2000;

/** What was fetched of one partition of a source and is taken piece by piece, one piece at a time. */
export class SourceLane {
  readonly #topic: string;
  readonly #partition: number;
  readonly #take: JoinOptions['take'];
  readonly #commit: (topic: string, partition: number, nextOffset: number) => Promise<void>;
  readonly #failed: (error: Error) => void;
  #records: SourceRecord[] = [];
  #isTaking = false;
  #isClosed = false;

  constructor(
    topic: string,
    partition: number,
    parts: {
      readonly take: JoinOptions['take'];
      /** Told what has been taken. */
      readonly commit: (topic: string, partition: number, nextOffset: number) => Promise<void>;
      readonly failed: (error: Error) => void;
    },
  ) {
    this.#topic = topic;
    this.#partition = partition;
    this.#take = parts.take;
    this.#commit = parts.commit;
    this.#failed = parts.failed;
  }

  /** Records that wait. */
  get length(): number {
    return this.#records.length;
  }

  add(record: SourceRecord): void {
    this.#records.push(record);
    if (this.#isTaking) return;
    this.#isTaking = true;
    setImmediate(() => void this.#run());
  }

  close(): void {
    this.#isClosed = true;
    this.#records = [];
  }

  async #run(): Promise<void> {
    try {
      while (this.#records.length > 0 && !this.#isClosed) {
        const taken = this.#records.splice(0, TAKEN_MAX);
        await this.#take(this.#topic, this.#partition, taken);
        if (this.#isClosed) return;
        await this.#commit(this.#topic, this.#partition, (taken.at(-1) as SourceRecord).offset + 1);
      }
      this.#isTaking = false;
    } catch (error) {
      // It stays taken: whoever reads the group begins anew from what was committed.
      this.#failed(error as Error);
    }
  }
}
