const DIGIT_BITS = 16;
const BUCKETS = 2 ** DIGIT_BITS;
/** Few are sorted faster by comparing them. */
const FEW = 4096;

/**
 * Sorts positions by their times, those of one time as they stood: digit by digit, as millions of calls of a comparison take
 * longer than much else that is done with as many events.
 * @param order rising positions
 * @param timesMs by position; whole milliseconds, or it takes longer
 */
export const sortByTime = (order: Uint32Array, timesMs: Float64Array): void => {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let isWhole = true;
  for (let i = 0; i < order.length; i++) {
    const timeMs = timesMs[order[i]];
    if (timeMs < first) first = timeMs;
    if (timeMs > last) last = timeMs;
    isWhole &&= Number.isInteger(timeMs);
  }
  if (isWhole && order.length > FEW) sortByDigits(order, timesMs, first, last);
  else order.sort((a, b) => timesMs[a] - timesMs[b] || a - b);
};

const sortByDigits = (order: Uint32Array, timesMs: Float64Array, first: number, last: number): void => {
  let from: Uint32Array = order;
  let to: Uint32Array = new Uint32Array(order.length);
  const ends = new Uint32Array(BUCKETS);
  for (let unit = 1; unit <= last - first; unit *= BUCKETS) {
    const digitOf = (position: number): number => Math.floor((timesMs[position] - first) / unit) % BUCKETS;
    ends.fill(0);
    for (let i = 0; i < from.length; i++) ends[digitOf(from[i])]++;
    for (let digit = 1; digit < BUCKETS; digit++) ends[digit] += ends[digit - 1];
    for (let i = from.length - 1; i >= 0; i--) to[--ends[digitOf(from[i])]] = from[i];
    [from, to] = [to, from];
  }
  if (from !== order) order.set(from);
};
