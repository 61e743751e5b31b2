import { randomOf, shuffled } from '../random.ts';

/** Which customers are asked for: each once before any again, or some far more often than others. */
export type Keys = 'each' | 'zipf';

/** Of web caches and shops: the second most wanted is asked for half as often as the first, the tenth a tenth. */
const ZIPF_EXPONENT = 1;

/** An endless row of numbers of customers below `customers`; the same for the same seed. */
export const customersOf = (keys: Keys, customers: number, seed: number): (() => number) => {
  const order = shuffled(customers, seed);
  if (keys === 'each') {
    let count = 0;
    return () => order[count++ % order.length];
  }
  const random = randomOf(seed + 1);
  const shares = new Float64Array(customers);
  let sum = 0;
  for (let rank = 0; rank < customers; rank++) {
    sum += 1 / (rank + 1) ** ZIPF_EXPONENT;
    shares[rank] = sum;
  }
  return () => order[firstAbove(shares, random() * sum)];
};

/** The place of the first share above a value, in ascending shares of which the last one is above it. */
const firstAbove = (shares: Float64Array, value: number): number => {
  let low = 0;
  let high = shares.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (shares[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
};
