import Type from 'typebox';
import { textHash } from '../../base/text-hash.ts';
import { DURATION, durationSec, TIME_UNITS } from '../duration.ts';
import { type Items, itemAttribute } from '../items.ts';
import { KEYED_FIELDS, type KeyedSpec, keyedInputs, keyProblem, supplyKey } from '../keyed-inputs.ts';
import type { Kind } from '../kind.ts';
import type { NewestInputs } from '../newest-inputs.ts';
import { type Form, reading, type Use } from '../reading.ts';
import type { RowView } from '../row.ts';
import { number, setValue, statements } from '../row-code.ts';

interface RunOutSpec extends KeyedSpec {
  readonly stat: 'time' | 'pace' | 'due' | 'item';
  readonly within?: string;
  readonly weight?: number;
}

/** So many of the customer's own cycles weigh as much as what the packs say. */
const WEIGHT = 2;

/**
 * The consumption clock of one key over the kept inputs, worked out by {@link Clock.wind}:
 * ```
 *   pace   = (time between the first and last purchase + w × mean supply) / (supply of all but the last + w × mean supply)
 *   stock  = max(0, stock - time since the purchase before) + supply × pace, from purchase to purchase
 *   left   = stock - time since the last purchase                         below 0: it ran out so long ago
 * ```
 * A purchase of unknown supply lasts the mean time between purchases of the key.
 */
class Clock {
  left = 0;
  pace = 1;
  private readonly weight: number;
  private readonly of: Int32Array;

  constructor(size: number, weight: number) {
    this.weight = weight;
    this.of = new Int32Array(size);
  }

  /**
   * @param newest position of the key's newest input
   * @returns whether the key has a clock: not without any supply, nor where it has been out for longer than the last
   * purchase lasted, for then the customer has given it up
   */
  wind(inputs: NewestInputs, row: RowView, newest: number, n: number, nowSec: number): boolean {
    const { of, weight } = this;
    const key = inputs.keyOf(row, newest);
    let purchases = 0;
    for (let i = newest; i < n; i++) if (inputs.keyOf(row, i) === key) of[purchases++] = i;
    const lastSec = inputs.timeOf(row, of[0]);
    const elapsed = lastSec - inputs.timeOf(row, of[purchases - 1]);
    const gap = purchases > 1 ? elapsed / (purchases - 1) : 0;
    let total = 0;
    for (let i = 0; i < purchases; i++) total += inputs.amountOf(row, of[i]) || gap;
    const lastSupply = inputs.amountOf(row, of[0]) || gap;
    if (total === 0) return false;
    const prior = (weight * total) / purchases;
    const pace = (elapsed + prior) / (total - lastSupply + prior);
    let stock = 0;
    let beforeSec = 0;
    for (let i = purchases - 1; i >= 0; i--) {
      const sec = inputs.timeOf(row, of[i]);
      stock = Math.max(0, stock - (sec - beforeSec)) + (inputs.amountOf(row, of[i]) || gap) * pace;
      beforeSec = sec;
    }
    this.pace = pace;
    this.left = stock - (nowSec - lastSec);
    return this.left >= -lastSupply * pace;
  }
}

/**
 * The time until what the customer bought runs out, over the newest `last` order lines told apart by `key` (category, sku or
 * an attribute of the item): the soonest of all keys or that of `only`, below 0 where it ran out already; the `pace` of
 * the key that runs out soonest (1 as the packs say, 2 half as fast); how many keys are `due` within a time; the `item` to
 * offer, as the place in items.yaml, from 1, of the first item with the key that runs out soonest. Sequence-bound, exact over what is kept: 3 words a line (second, key, supply).
 */
export const runOut: Kind = {
  name: 'runOut',
  schema: Type.Object({
    ...KEYED_FIELDS,
    stat: Type.Union(['time', 'pace', 'due', 'item'].map((stat) => Type.Literal(stat))),
    within: Type.Optional(DURATION),
    weight: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  }),
  selects: true,
  exact: false,
  problem(spec) {
    const { stat, within, unit } = spec as RunOutSpec;
    if (spec.events !== undefined || spec.event !== 'order.placed')
      return 'looks at order lines: `event` must be `order.placed`';
    if (stat === 'due' && within === undefined) return '`due` needs `within`';
    if (stat === 'time' && !(unit in TIME_UNITS))
      return `\`unit\` must be one of ${Object.keys(TIME_UNITS).join(', ')}`;
    return keyProblem(spec);
  },
  course: (spec) => ((spec as RunOutSpec).stat === 'time' ? 'falls' : undefined),
  demand: (spec) => ({ key: supplyKey(spec), size: (spec as RunOutSpec).last }),
  compile(spec, plan) {
    const { stat, only, last, within, weight = WEIGHT } = spec as RunOutSpec;
    const terms = {
      inputs: keyedInputs(spec, plan),
      stat,
      last,
      weight,
      wanted: only === undefined ? 0 : textHash(only),
      missing: spec.default ?? 0,
      unitSec: stat === 'time' ? TIME_UNITS[spec.unit] : 1,
      dueSec: within === undefined ? 0 : durationSec(within),
      places: stat === 'item' ? placesByKey(spec.key as string, plan.declaredItems) : NO_PLACES,
    };
    return reading(CLOCKS, terms);
  },
};

const NO_PLACES: ReadonlyMap<number, number> = new Map();

/** By the hash of a key the place, from 1, of the first item that has it. */
const placesByKey = (field: string, items: Items): ReadonlyMap<number, number> => {
  const attribute = itemAttribute(field) ?? field;
  const places = new Map<number, number>();
  for (const [i, [sku, item]] of [...items].entries()) {
    const value = attribute === 'sku' ? sku : item[attribute];
    const key = value === undefined ? 0 : textHash(String(value));
    if (key !== 0 && !places.has(key)) places.set(key, i + 1);
  }
  return places;
};

interface RunOut {
  readonly inputs: NewestInputs;
  readonly stat: RunOutSpec['stat'];
  readonly last: number;
  readonly weight: number;
  /** 0 for every key. */
  readonly wanted: number;
  readonly missing: number;
  readonly unitSec: number;
  readonly dueSec: number;
  /** Of items, by key. */
  readonly places: ReadonlyMap<number, number>;
}

/** Features over the same clocks wind them once. */
const CLOCKS: Form<RunOut> = (features, use) => {
  const alike = ({ inputs, last, weight, wanted }: RunOut): string => [inputs.offset, last, weight, wanted].join(' ');
  const groups = [...Map.groupBy(features, alike).values()].map((over) => {
    const clocks = use(new Clocks(over[0]));
    const values = statements(over, (feature) => setValue(feature.position, codeOf(feature, clocks, use)));
    return `${clocks}.wind(row,sec);\n${values}`;
  });
  return groups.join('\n');
};

const codeOf = ({ stat, missing, unitSec, dueSec, places }: RunOut, clocks: string, use: Use): string => {
  if (stat === 'due') return `${clocks}.due(${number(dueSec)})`;
  const value = {
    item: `(${use(places)}.get(${clocks}.key)??${number(missing)})`,
    pace: `${clocks}.pace`,
    time: `${clocks}.soonest/${number(unitSec)}`,
  }[stat];
  return `${clocks}.size===0?${number(missing)}:${value}`;
};

/** The clocks of all wanted keys over the same inputs. */
class Clocks {
  size = 0;
  /** Of the key that runs out soonest: in how many seconds, how fast, and its hash. */
  soonest = 0;
  pace = 0;
  key = 0;
  private readonly of: Pick<RunOut, 'inputs' | 'last' | 'wanted'>;
  private readonly clock: Clock;
  private readonly lefts: Float64Array;

  constructor(of: Pick<RunOut, 'inputs' | 'last' | 'wanted' | 'weight'>) {
    this.of = of;
    this.clock = new Clock(of.last, of.weight);
    this.lefts = new Float64Array(of.last);
  }

  wind(row: RowView, sec: number): void {
    const { clock, lefts } = this;
    const { inputs, last, wanted } = this.of;
    this.size = 0;
    this.soonest = Number.POSITIVE_INFINITY;
    const n = Math.min(last, inputs.count(row));
    for (let i = 0; i < n; i++) {
      if (!isFirst(inputs, row, i, wanted) || !clock.wind(inputs, row, i, n, sec)) continue;
      lefts[this.size++] = clock.left;
      if (clock.left >= this.soonest) continue;
      this.soonest = clock.left;
      this.pace = clock.pace;
      this.key = inputs.keyOf(row, i);
    }
  }

  /** How many run out within so many seconds. */
  due(sec: number): number {
    let due = 0;
    for (let i = 0; i < this.size; i++) if (this.lefts[i] <= sec) due++;
    return due;
  }
}

/** Whether an input is the newest of its key, and the key is wanted. */
const isFirst = (inputs: NewestInputs, row: RowView, i: number, wanted: number): boolean => {
  const key = inputs.keyOf(row, i);
  if (wanted !== 0 && key !== wanted) return false;
  for (let j = 0; j < i; j++) if (inputs.keyOf(row, j) === key) return false;
  return true;
};
