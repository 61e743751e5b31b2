import type { Clock } from '../base/clock.ts';
import { LIMITS } from '../base/limits.ts';
import { measures } from '../base/measures.ts';
import { isBeside, type MessageHeaders, MessageReader, messageValue, STRUCTURED_HEADER } from '../events/message.ts';
import type { EventProblem } from '../events/payload.ts';
import { RecordReader, RecordWriter } from '../events/record.ts';
import type { OutgoingRecord, SourceRecord } from './kafka-client.ts';
import type { DeadLetter } from './letter-records.ts';

export interface IntakeParts {
  /** Of the log. */
  readonly partitions: number;
  /** Makes records of the log durable, in their order. */
  readonly append: (records: readonly OutgoingRecord[]) => Promise<unknown>;
  readonly setAside: (letters: readonly DeadLetter[]) => Promise<void>;
  readonly clock: Clock;
}

const OPEN_BRACE = 0x7b;

/**
 * Takes what others write to topics of their own into the log: checked, keyed by its customer, and else as it was. It holds
 * nothing: what a crash leaves between the log and the commit of the source comes again, and is known by its id.
 */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #messages = new MessageReader('outside');
  readonly #records = new RecordWriter();
  readonly #reader = new RecordReader();
  /** Of the record before, which most records share, and what follows from them. */
  #headers: MessageHeaders | undefined;
  #isBinary = false;
  #outgoing: MessageHeaders = [];

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** @returns when all of them are durable, in the log or aside */
  async take(topic: string, partition: number, records: readonly SourceRecord[]): Promise<void> {
    const { append, setAside, clock } = this.#parts;
    const events: OutgoingRecord[] = [];
    const letters: DeadLetter[] = [];
    const latestMs = clock.nowMs() + LIMITS.eventAheadMsMax;
    for (const record of records) {
      const read = this.#read(record, latestMs);
      if ('code' in read) letters.push({ ...record, ...read, topic, partition });
      else events.push(read);
    }
    await Promise.all([
      events.length === 0 ? undefined : append(events),
      letters.length === 0 ? undefined : setAside(letters),
    ]);
    measures.intake.publish({ events: events.length });
  }

  #read({ key, value, headers }: SourceRecord, latestMs: number): OutgoingRecord | EventProblem {
    const records = this.#records;
    records.reset();
    const problem = this.#messages.read(value, () => headers, records);
    if (problem !== undefined) return problem;
    if (records.lastMs > latestMs)
      return { code: 'EVENT_FROM_FUTURE', message: 'time is more than the allowed minutes ahead of the clock' };
    if (headers !== this.#headers) this.#look(headers);
    return {
      partition: records.lastShard(this.#parts.partitions),
      key: records.lastSubject(key),
      // What was read from the value alone needs no other one.
      value: value?.[0] === OPEN_BRACE && !this.#isBinary ? value : this.#rewritten(),
      headers: this.#outgoing,
    };
  }

  #look(headers: MessageHeaders): void {
    this.#headers = headers;
    this.#isBinary = headers.some(([name]) => name.startsWith('ce_'));
    this.#outgoing = [STRUCTURED_HEADER, ...headers.filter(isBeside)];
  }

  #rewritten(): Buffer {
    const reader = this.#reader;
    reader.reset(this.#records.bytes());
    reader.next();
    return messageValue(reader.event());
  }
}
