import { LIMITS } from '../base/limits.ts';
import { keptHeaders } from '../events/cause.ts';
import { type MessageHeaders, MessageReader } from '../events/message.ts';
import type { EventProblem } from '../events/payload.ts';
import { RecordWriter } from '../events/record.ts';
import type { LogGroup } from './event-log.ts';
import type { RefusedMessage } from './shared-log.ts';

/** Where a group ends and the next one begins. */
interface Cut {
  readonly firstOffset: number;
  readonly count: number;
  readonly logTimeMs: number;
  /** Of its records. */
  readonly start: number;
  readonly end: number;
}

/**
 * Makes groups of what was fetched of one partition: records that follow each other without a gap and have one log time.
 * A message that is refused leaves a gap, as do those that the broker keeps to itself.
 */
export class GroupBuilder {
  readonly #partition: number;
  readonly #partitions: number;
  readonly #records = new RecordWriter();
  readonly #messages = new MessageReader('beckon');
  #cuts: Cut[] = [];
  #refused: RefusedMessage[] = [];
  /** By offset; undefined where nobody wants any. */
  #headers: Map<number, MessageHeaders> | undefined;
  #logTimeMs: number;
  #firstOffset = 0;
  #start = 0;
  #count = 0;

  /**
   * @param logTimeMs of what comes before, 0 where nothing does
   * @param withHeaders whether groups bring the headers of their messages
   */
  constructor(partition: number, partitions: number, logTimeMs: number, withHeaders: boolean) {
    this.#headers = withHeaders ? new Map() : undefined;
    this.#logTimeMs = logTimeMs;
    this.#partition = partition;
    this.#partitions = partitions;
  }

  /** Running maximum of the times that the broker gave. */
  get logTimeMs(): number {
    return this.#logTimeMs;
  }

  add(
    offset: number,
    timestampMs: number,
    key: Buffer | null,
    value: Buffer | null,
    headers: () => MessageHeaders,
  ): void {
    if (timestampMs > this.#logTimeMs || offset !== this.#firstOffset + this.#count) this.#cut(offset);
    this.#logTimeMs = Math.max(this.#logTimeMs, timestampMs);
    const records = this.#records;
    const mark = records.mark();
    const problem = this.#messages.read(value, headers, records) ?? this.#misplaced() ?? this.#early();
    if (problem === undefined) {
      this.#count++;
      if (this.#headers !== undefined) this.#keep(offset, headers());
      return;
    }
    records.rewind(mark);
    const partition = this.#partition;
    this.#refused.push({ ...problem, partition, offset, logTimeMs: this.#logTimeMs, key, value, headers: headers() });
  }

  /** @returns the groups since the last call; their records are views that the next `add` may change */
  take(): { readonly groups: readonly LogGroup[]; readonly refused: readonly RefusedMessage[] } {
    this.#cut(0);
    const bytes = this.#records.bytes();
    const groups = this.#cuts.map(({ start, end, ...cut }) => ({
      partition: this.#partition,
      ...cut,
      records: bytes.subarray(start, end),
      ...(this.#headers && { headers: this.#headers }),
    }));
    const refused = this.#refused;
    if (this.#headers !== undefined) this.#headers = new Map();
    this.#cuts = [];
    this.#refused = [];
    this.#records.reset();
    this.#start = 0;
    return { groups, refused };
  }

  #keep(offset: number, headers: MessageHeaders): void {
    const kept = keptHeaders(headers);
    if (kept !== undefined) this.#headers?.set(offset, kept);
  }

  #cut(nextOffset: number): void {
    const end = this.#records.out.end;
    if (this.#count > 0)
      this.#cuts.push({
        firstOffset: this.#firstOffset,
        count: this.#count,
        logTimeMs: this.#logTimeMs,
        start: this.#start,
        end,
      });
    this.#start = end;
    this.#firstOffset = nextOffset;
    this.#count = 0;
  }

  /** One customer's events are in one partition, or they would have no order. */
  #misplaced(): EventProblem | undefined {
    const partition = this.#records.lastShard(this.#partitions);
    if (partition === this.#partition) return undefined;
    return {
      code: 'EVENT_MISPLACED',
      message: `the subject belongs to partition ${partition}: key the message by it, with Kafka's default partitioner`,
    };
  }

  #early(): EventProblem | undefined {
    if (!(this.#records.lastMs > this.#logTimeMs + LIMITS.eventAheadMsMax)) return undefined;
    return { code: 'EVENT_FROM_FUTURE', message: 'time is more than the allowed minutes ahead of the log time' };
  }
}
