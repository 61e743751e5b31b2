import type { BeckonError } from '../base/errors.ts';
import { measures } from '../base/measures.ts';
import { type EventItem, isRejected, type RejectedEvent } from '../events/codec.ts';
import type { Event } from '../events/event.ts';
import { EVENT_RESULT } from '../state/writer.ts';
import type { EventSink } from './parts.ts';

/** What became of the events of a request; the three add up to their number. */
export interface Appended {
  readonly accepted: number;
  /** Known by (source, id) within the dedupe window; not applied again. */
  readonly duplicates: number;
  /** By position in the request, rising. */
  readonly rejected: readonly RejectedEvent[];
}

/** Told once: when the events are durable and applied, or why nothing may be acknowledged. */
export type AppendDone = (error: BeckonError | undefined, appended: Appended) => void;

const NOTHING: Appended = { accepted: 0, duplicates: 0, rejected: [] };

/** Appends the events of a request that could be read. */
export const append = (sink: EventSink, items: readonly EventItem[], done: AppendDone): void => {
  const events: Event[] = [];
  const rejected: RejectedEvent[] = [];
  /** Position in the request of each event; the same as in the list where none was rejected. */
  const indexes: number[] = [];
  for (const [index, item] of items.entries()) {
    if (isRejected(item)) {
      rejected.push(item);
    } else {
      indexes.push(index);
      events.push(item);
    }
  }
  if (events.length === 0) {
    done(undefined, appendedOf(0, 0, rejected));
    return;
  }
  sink.submit(events, (error, results, from) => {
    if (error !== undefined) return done(error, NOTHING);
    const { duplicates, early } = tally(results, from, events.length);
    for (const i of early) rejected.push(tooEarly(indexes[i], events[i].id));
    done(undefined, appendedOf(events.length, duplicates, rejected, early.length));
  });
};

/**
 * Appends the events of a body as they stand there.
 * @param read the items of the body, where one of them has to be named
 * @returns false where the body has to be read
 */
export const appendPlain = (
  sink: EventSink,
  body: Buffer,
  isBatch: boolean,
  read: () => readonly EventItem[],
  done: AppendDone,
): boolean => {
  const count = sink.submitPlain(body, isBatch, (error, results, from) => {
    if (error !== undefined) return done(error, NOTHING);
    const { duplicates, early } = tally(results, from, count);
    // Who was too early has an id, which is found by reading after all.
    const items = early.length === 0 ? [] : read();
    const rejected = early.map((index) => tooEarly(index, (items[index] as Event).id));
    done(undefined, appendedOf(count, duplicates, rejected, early.length));
  });
  return count > 0;
};

/** @param early of the submitted events, how many were too early after all */
const appendedOf = (submitted: number, duplicates: number, rejected: RejectedEvent[], early = 0): Appended => {
  rejected.sort((a, b) => a.index - b.index);
  for (const { code } of rejected) measures.rejection.publish({ code, events: 1 });
  return { accepted: submitted - duplicates - early, duplicates, rejected };
};

/** @returns how many were duplicates, and which are too far ahead of the log time */
const tally = (results: Uint8Array, from: number, count: number): { duplicates: number; early: readonly number[] } => {
  const early: number[] = [];
  let duplicates = 0;
  for (let i = 0; i < count; i++) {
    const result = results[from + i];
    if (result === EVENT_RESULT.duplicate) duplicates++;
    else if (result === EVENT_RESULT.fromFuture) early.push(i);
  }
  return { duplicates, early };
};

const tooEarly = (index: number, id: string): RejectedEvent => ({
  index,
  id,
  code: 'EVENT_FROM_FUTURE',
  message: 'time is more than the allowed minutes ahead of the log time',
});
