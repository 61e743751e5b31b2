import { randomBytes } from 'node:crypto';
import { BeckonError } from '../base/errors.ts';
import { type AppendedGroup, type AppendGroup, checkGroup, type EventLog, type LogGroup } from './event-log.ts';
import { withReplaced } from './replaced-records.ts';

/** A log that lives as long as its object: for tests, and for replays that only want the state at the end. */
export class MemoryLog implements EventLog {
  readonly partitions = 1;
  readonly isShared = false;
  readonly starts: readonly number[] = [0];
  readonly secret: Uint8Array = randomBytes(16);
  readonly #groups: LogGroup[] = [];
  #end = 0;
  #closed = false;

  async append(group: AppendGroup): Promise<AppendedGroup> {
    this.#checkOpen();
    checkGroup(group, this.lastLogTimeMs());
    const { count, logTimeMs, records } = group;
    const firstOffset = this.#end;
    // Not `slice`: that of a Buffer is a view.
    this.#groups.push({ partition: 0, firstOffset, count, logTimeMs, records: new Uint8Array(records) });
    this.#end += count;
    return { partition: 0, firstOffset };
  }

  read(from: readonly number[]): AsyncIterable<LogGroup> {
    this.#checkOpen();
    return this.#groupsFrom(from[0], this.#groups.length);
  }

  async *#groupsFrom(from: number, end: number): AsyncGenerator<LogGroup> {
    for (let i = 0; i < end; i++) {
      const group = this.#groups[i];
      if (group.firstOffset + group.count <= from) continue;
      this.#checkOpen();
      yield { ...group, records: group.records.slice() };
    }
  }

  ends(): readonly number[] {
    return [this.#end];
  }

  lastLogTimeMs(): number {
    return this.#groups.at(-1)?.logTimeMs ?? 0;
  }

  async rewrite(records: ReadonlyMap<number, Uint8Array>): Promise<void> {
    this.#checkOpen();
    for (const [i, group] of this.#groups.entries())
      this.#groups[i] = { ...group, records: withReplaced(group.records, group.firstOffset, records) };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #checkOpen(): void {
    if (this.#closed) throw new BeckonError('LOG_UNAVAILABLE', 'The log is closed.');
  }
}
