import Type from 'typebox';
import { DURATION } from '../duration.ts';
import { inputsKey, KEYED_FIELDS, type KeyedSpec, keyedInputs, keyProblem } from '../keyed-inputs.ts';
import type { Kind, Read } from '../kind.ts';
import type { NewestInputs } from '../newest-inputs.ts';
import type { RowView } from '../row.ts';
import { textHash } from './attribute.ts';
import { decayPerSec } from './decayed.ts';

interface AffinitySpec extends KeyedSpec {
  readonly stat: 'share' | 'top' | 'last' | 'drift' | 'count';
  readonly top?: number;
}

/**
 * What a customer is drawn to, over the newest `last` inputs (events, or lines of orders) told apart by `key`: the decayed
 * `share` of the key `only`, or of the `top` most frequent; whether the `last` is `only`; the `drift` between the newer and
 * the older half (0 the same mix, 1 nothing in common); the `count` of different keys. Sequence-bound, exact over what
 * is kept: 2 words an input.
 */
export const affinity: Kind = {
  name: 'affinity',
  schema: Type.Object({
    ...KEYED_FIELDS,
    stat: Type.Union(['share', 'top', 'last', 'drift', 'count'].map((stat) => Type.Literal(stat))),
    top: Type.Optional(Type.Integer({ minimum: 1, maximum: 8 })),
    halfLife: Type.Optional(DURATION),
  }),
  selects: true,
  exact: false,
  problem(spec) {
    const { stat, only } = spec as AffinitySpec;
    if ((stat === 'share' || stat === 'last') && only === undefined) return `\`${stat}\` needs \`only\``;
    return keyProblem(spec);
  },
  demand: (spec) => ({ key: inputsKey(spec), size: (spec as AffinitySpec).last }),
  compile(spec, plan): Read {
    const { stat, only, last, top = 1 } = spec as AffinitySpec;
    const inputs = keyedInputs(spec, plan);
    const perSec = spec.halfLife === undefined ? 0 : decayPerSec(spec.halfLife);
    const missing = spec.default ?? 0;
    const wanted = only === undefined ? 0 : textHash(only);
    const tally = new Tally(last);
    return (row) => {
      const n = Math.min(last, inputs.count(row));
      if (n === 0) return missing;
      if (stat === 'last') return Number(inputs.keyOf(row, 0) === wanted);
      if (stat === 'drift') return n < 2 ? missing : drift(tally, inputs, row, n);
      tally.clear();
      const newest = inputs.timeOf(row, 0);
      for (let i = 0; i < n; i++)
        tally.add(inputs.keyOf(row, i), perSec === 0 ? 1 : Math.exp((inputs.timeOf(row, i) - newest) * perSec), 0);
      if (stat === 'count') return tally.keys;
      return (stat === 'share' ? tally.of(wanted) : tally.greatest(top)) / tally.sum;
    };
  },
};

/** Half the distance between the shares of the newer half (the larger one of an odd number) and of the older. */
const drift = (tally: Tally, inputs: NewestInputs, row: RowView, n: number): number => {
  const newer = Math.ceil(n / 2);
  tally.clear();
  for (let i = 0; i < n; i++) tally.add(inputs.keyOf(row, i), Number(i < newer), Number(i >= newer));
  let distance = 0;
  for (let i = 0; i < tally.keys; i++) distance += Math.abs(tally.weights[i] / newer - tally.others[i] / (n - newer));
  return distance / 2;
};

/** Weights by key for a few keys; made once a feature, so that reads make no garbage. */
class Tally {
  keys = 0;
  sum = 0;
  readonly weights: Float64Array;
  readonly others: Float64Array;
  private readonly hashes: Uint32Array;

  constructor(size: number) {
    this.hashes = new Uint32Array(size);
    this.weights = new Float64Array(size);
    this.others = new Float64Array(size);
  }

  clear(): void {
    this.keys = 0;
    this.sum = 0;
  }

  add(hash: number, weight: number, other: number): void {
    const i = this.find(hash);
    if (i === this.keys) {
      this.hashes[i] = hash;
      this.weights[i] = 0;
      this.others[i] = 0;
      this.keys++;
    }
    this.weights[i] += weight;
    this.others[i] += other;
    this.sum += weight;
  }

  of(hash: number): number {
    const i = this.find(hash);
    return i === this.keys ? 0 : this.weights[i];
  }

  /** Sum of the greatest `n` weights, which are used up by it. */
  greatest(n: number): number {
    let sum = 0;
    for (let round = 0; round < Math.min(n, this.keys); round++) {
      let best = 0;
      for (let i = 1; i < this.keys; i++) if (this.weights[i] > this.weights[best]) best = i;
      sum += this.weights[best];
      this.weights[best] = 0;
    }
    return sum;
  }

  private find(hash: number): number {
    let i = 0;
    while (i < this.keys && this.hashes[i] !== hash) i++;
    return i;
  }
}
