import type { BeckonError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import { HeadInputs, type RowWriter } from '../../decisions/head-inputs.ts';
import type { FeatureReader } from '../../features/read.ts';
import type { RowDone } from '../../inference/batcher.ts';
import type { LiveHead } from '../../inference/registry.ts';
import type { ServingParts } from '../parts.ts';

/** How one model is given a customer: only what it takes is read. */
interface HeadReading {
  readonly reader: FeatureReader;
  readonly write: RowWriter;
  /** Features of the customer who was read last, in the order of the pack. */
  readonly values: Float64Array;
}

const readings = new WeakMap<LiveHead, HeadReading>();

const readingOf = ({ readerOf, pack: { featureNames } }: ServingParts, live: LiveHead): HeadReading => {
  let reading = readings.get(live);
  if (reading === undefined) {
    reading = {
      reader: readerOf(live.session.featureNames),
      write: new HeadInputs(featureNames).writerOf(live),
      values: new Float64Array(featureNames.length),
    };
    readings.set(live, reading);
  }
  return reading;
};

/**
 * Hands customers to a model as they are now: the first at once, and as many in each later turn of the loop as it takes.
 * @param told of each of them by position, in the batcher's words
 * @param failed told, at most once, that `unread` of them could not be handed over
 */
export const readCustomers = (
  parts: ServingParts,
  live: LiveHead,
  customerIds: readonly string[],
  told: RowDone<number>,
  failed: (error: BeckonError, unread: number) => void,
): void => {
  const { batcher } = live;
  const { reader, write, values } = readingOf(parts, live);
  const nowSec = Math.floor(parts.clock.nowMs() / 1000);
  /** Positions of those at whose rows the writer was. */
  const late: number[] = [];
  let next = 0;
  let handed = 0;
  const hand = (position: number): void => {
    if (reader.read(customerIds[position], nowSec, false, values) === 'busy') {
      late.push(position);
      return;
    }
    write(values, undefined, batcher.input, batcher.offset);
    batcher.add(told, position);
    handed++;
  };
  const turn = (): void => {
    try {
      reader.nextTurn();
      for (const position of late.splice(0)) hand(position);
      const end = Math.min(next + LIMITS.scoreChunkRows, customerIds.length);
      reader.ahead(customerIds, next, end);
      while (next < end) hand(next++);
    } catch (error) {
      failed(error as BeckonError, customerIds.length - handed);
      return;
    }
    if (handed < customerIds.length) setImmediate(turn);
  };
  turn();
};
