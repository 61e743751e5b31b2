import { setImmediate as nextTurn } from 'node:timers/promises';
import { LIMITS } from '../base/limits.ts';
import { unlessAborted } from './unless-aborted.ts';

/** Leaves room for what stands around the events. */
const BYTES_MAX = LIMITS.bodyBytesMax / 2;

/** What is asked or told one after another: a list, a generator, a stream of objects. */
export type Source<T> = Iterable<T> | AsyncIterable<T>;

export const iteratorOf = <T>(source: Source<T>): AsyncIterator<T> | Iterator<T> =>
  Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();

/**
 * Cuts what comes into groups that fit into one request. What has come is not held back while the source makes a pause.
 * @param bytesOf of an item
 */
export async function* groupsOf<T, Item>(
  source: Source<T>,
  encode: (one: T) => Item,
  bytesOf: (item: Item) => number,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Item[]> {
  const isAsync = Symbol.asyncIterator in source;
  const iterator = iteratorOf(source);
  let group: Item[] = [];
  let bytes = 0;
  try {
    let next = iterator.next();
    for (;;) {
      const step = isAsync ? await unlessAborted(nextOf(next, group.length > 0), signal) : await next;
      if (step === undefined) {
        yield group;
        group = [];
        bytes = 0;
        continue;
      }
      if (step.done === true) break;
      const item = encode(step.value);
      const size = bytesOf(item);
      if (group.length === LIMITS.eventsPerRequestMax || (group.length > 0 && bytes + size > BYTES_MAX)) {
        yield group;
        group = [];
        bytes = 0;
      }
      group.push(item);
      bytes += size;
      next = iterator.next();
    }
    if (group.length > 0) yield group;
  } finally {
    // Not waited for: a source that waits itself would hold the end of the call.
    void iterator.return?.();
  }
}

/** @param isHasty whether a source that makes a pause is not waited for: undefined then */
const nextOf = async <T>(
  next: IteratorResult<T> | Promise<IteratorResult<T>>,
  isHasty: boolean,
): Promise<IteratorResult<T> | undefined> => (isHasty ? Promise.race([next, nextTurn(undefined)]) : next);
