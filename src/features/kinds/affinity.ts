import Type from 'typebox';
import { textHash } from '../../base/text-hash.ts';
import { DURATION } from '../duration.ts';
import { inputsKey, KEYED_FIELDS, type KeyedSpec, keyedInputs, keyProblem } from '../keyed-inputs.ts';
import type { Kind } from '../kind.ts';
import type { NewestInputs } from '../newest-inputs.ts';
import { type Form, type Reading, reading } from '../reading.ts';
import type { RowView } from '../row.ts';
import { number, setValue, statements } from '../row-code.ts';
import { bitsIn } from './active-days.ts';
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
  compile(spec, plan): Reading {
    const { stat, only, last, top = 1 } = spec as AffinitySpec;
    const inputs = keyedInputs(spec, plan);
    const perSec = spec.halfLife === undefined ? 0 : decayPerSec(spec.halfLife);
    const wanted = only === undefined ? 0 : textHash(only);
    return reading(MIXES, { inputs, last, perSec, stat, wanted, top, missing: spec.default ?? 0 });
  },
};

interface Affinity {
  readonly inputs: NewestInputs;
  readonly last: number;
  /** 0 where all inputs weigh the same. */
  readonly perSec: number;
  readonly stat: AffinitySpec['stat'];
  readonly wanted: number;
  readonly top: number;
  readonly missing: number;
}

/** Features over the same inputs tell their keys apart once, and those with one half-life weigh them once. */
const MIXES: Form<Affinity> = (features, use) => {
  const mixes = [...Map.groupBy(features, ({ inputs, last }) => `${inputs.offset} ${last}`).values()].map((over) => {
    const [{ inputs, last }] = over;
    const mix = use(new Mix(inputs, last));
    const missing = statements(over, (feature) => setValue(feature.position, number(feature.missing)));
    const weighings = [...Map.groupBy(over, ({ perSec }) => perSec)].map(
      ([perSec, weighed]) =>
        `${mix}.weigh(${number(perSec)});\n${statements(weighed, (feature) => setValue(feature.position, codeOf(feature, mix)))}`,
    );
    return `if(${mix}.take(row)===0){${missing}}else{${weighings.join('\n')}}`;
  });
  return mixes.join('\n');
};

const codeOf = ({ stat, wanted, top, missing }: Affinity, mix: string): string => {
  switch (stat) {
    case 'last':
      return `+(${mix}.lastKey===${wanted})`;
    case 'drift':
      return `${mix}.size<2?${number(missing)}:${mix}.drift()`;
    case 'count':
      return `${mix}.keys`;
    case 'share':
      return `${mix}.weightOf(${wanted})/${mix}.sum`;
    case 'top':
      return `${mix}.greatest(${top})/${mix}.sum`;
  }
};

/** 1 for 0, else 0: a comparison would be compiled to a jump, and keys are not to be guessed. */
const isZero = (word: number): number => ((word | (0 - word)) >>> 31) ^ 1;

/**
 * The inputs of a row, newest first, told apart by their keys; made once, so that reads make no garbage. Keys are compared
 * without jumps.
 */
class Mix {
  size = 0;
  /** Of all weights. */
  sum = 0;
  private readonly inputs: NewestInputs;
  private readonly most: number;
  private readonly hashes: Uint32Array;
  private readonly times: Uint32Array;
  private readonly weights: Float64Array;
  /** By input, a bit for each input with the same key. */
  private readonly alike: Uint32Array;

  /** @param inputsMax so many, the newest of those that are there */
  constructor(inputs: NewestInputs, inputsMax: number) {
    this.inputs = inputs;
    this.most = inputsMax;
    this.hashes = new Uint32Array(inputsMax);
    this.times = new Uint32Array(inputsMax);
    this.weights = new Float64Array(inputsMax);
    this.alike = new Uint32Array(inputsMax);
  }

  /** @returns how many there are */
  take(row: RowView): number {
    const { inputs, most, hashes, times, alike } = this;
    let size = 0;
    for (; size < most; size++) {
      const time = inputs.timeOf(row, size);
      if (time === 0) break;
      times[size] = time;
      hashes[size] = inputs.keyOf(row, size);
    }
    this.size = size;
    for (let i = 0; i < size; i++) {
      let bits = 1 << i;
      for (let j = 0; j < i; j++) {
        const isSame = isZero(hashes[j] ^ hashes[i]);
        bits |= isSame << j;
        alike[j] |= isSame << i;
      }
      alike[i] = bits;
    }
    return size;
  }

  weigh(perSec: number): void {
    const { weights, times, size } = this;
    weights[0] = 1;
    let sum = 1;
    for (let i = 1; i < size; i++) {
      const isSame = perSec === 0 || times[i] === times[i - 1];
      weights[i] = isSame ? weights[i - 1] : Math.exp((times[i] - times[0]) * perSec);
      sum += weights[i];
    }
    this.sum = sum;
  }

  get lastKey(): number {
    return this.hashes[0];
  }

  /** How many different keys there are. */
  get keys(): number {
    let keys = 0;
    for (let i = 0; i < this.size; i++) keys += this.isNewest(i);
    return keys;
  }

  weightOf(hash: number): number {
    let weight = 0;
    for (let i = 0; i < this.size; i++) weight += isZero(this.hashes[i] ^ hash) * this.weights[i];
    return weight;
  }

  /** Weight of the key with the greatest, or of the `n` keys with the greatest. */
  greatest(n: number): number {
    if (this.size === 1) return 1;
    let sum = 0;
    let left = -1;
    for (let round = 0; round < n; round++) {
      let best = 0;
      let bestBits = 0;
      for (let i = 0; i < this.size; i++) {
        if (round > 0 && ((left >>> i) & 1) === 0) continue;
        const weight = this.weightOfAlike(this.alike[i]);
        if (n > 1 && weight > best) bestBits = this.alike[i];
        best = Math.max(best, weight);
      }
      left &= ~bestBits;
      sum += best;
    }
    return sum;
  }

  /** Half the distance between the shares of the newer half (the larger one of an odd number) and of the older. */
  drift(): number {
    const { alike, size } = this;
    const newer = (size + 1) >>> 1;
    const ofNewer = (1 << newer) - 1;
    let distance = 0;
    for (let i = 0; i < size; i++) {
      const share = bitsIn(alike[i] & ofNewer) / newer;
      const before = bitsIn(alike[i] & ~ofNewer) / (size - newer);
      distance += this.isNewest(i) * Math.abs(share - before);
    }
    return distance / 2;
  }

  /** 1 where no newer input has the same key, else 0. */
  private isNewest(i: number): number {
    return isZero(this.alike[i] & ((1 << i) - 1));
  }

  private weightOfAlike(bits: number): number {
    let weight = 0;
    for (let i = 0; i < this.size; i++) weight += ((bits >>> i) & 1) * this.weights[i];
    return weight;
  }
}
