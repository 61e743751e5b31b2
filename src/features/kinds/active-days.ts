import Type from 'typebox';
import type { FeatureSpec, Kind } from '../kind.ts';
import { type Form, reading } from '../reading.ts';
import { setValue, statements } from '../row-code.ts';
import { compileSelector } from '../selector.ts';

const DAY_SEC = 86_400;
const WORD_BITS = 32;
/** A leap year and more. */
const DAYS_MAX = 384;

interface ActiveDaysSpec extends FeatureSpec {
  readonly days: number;
  readonly stat?: 'count' | 'streak';
}

const keyOf = (spec: FeatureSpec): string => `activeDays ${compileSelector(spec).key}`;

/** How many bits of a word are set. */
export const bitsIn = (word: number): number => {
  let v = word - ((word >>> 1) & 0x5555_5555);
  v = (v & 0x3333_3333) + ((v >>> 2) & 0x3333_3333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
};

/** How many of the bits `from` to `to`, both included, are set in the words from `first` on. */
const bitsBetween = (words: Uint32Array, first: number, from: number, to: number): number => {
  const low = first + (from >>> 5);
  const high = first + (to >>> 5);
  const notBefore = -1 << (from & 31);
  const notAfter = -1 >>> (31 - (to & 31));
  if (low === high) return bitsIn(words[low] & notBefore & notAfter);
  let n = bitsIn(words[low] & notBefore) + bitsIn(words[high] & notAfter);
  for (let at = low + 1; at < high; at++) n += bitsIn(words[at]);
  return n;
};

/** The `count` bits of a word that begin with bit `first`. */
const mask = (first: number, count: number): number => (count === WORD_BITS ? -1 : ((1 << count) - 1) << first);

/**
 * The newest day, and a ring with a bit for each of the days that end with it: day d is bit d modulo the ring's length.
 * Features over the same events share the longest ring.
 */
class DayRing {
  readonly offset: number;
  private readonly days: number;

  constructor(offset: number, words: number) {
    this.offset = offset;
    this.days = words * WORD_BITS;
  }

  newest(u32: Uint32Array, base: number): number {
    return u32[base + this.offset];
  }

  set(u32: Uint32Array, base: number, day: number): void {
    this.advance(u32, base, day);
    if (day <= this.newest(u32, base) - this.days) return;
    const bit = day % this.days;
    u32[base + this.offset + 1 + (bit >>> 5)] |= 1 << (bit & 31);
  }

  has(u32: Uint32Array, base: number, day: number): boolean {
    const newest = this.newest(u32, base);
    if (day > newest || day <= newest - this.days) return false;
    const bit = day % this.days;
    return ((u32[base + this.offset + 1 + (bit >>> 5)] >>> (bit & 31)) & 1) === 1;
  }

  /** The 32 days that end with `today`, which is the highest bit; it must not be before the newest. */
  recent(u32: Uint32Array, base: number, today: number): number {
    const newest = this.newest(u32, base);
    const gap = today - newest;
    return gap < WORD_BITS ? this.until(u32, base, newest) >>> gap : 0;
  }

  /** Active days from `first` to `last`, both included. */
  count(u32: Uint32Array, base: number, first: number, last: number): number {
    const newest = this.newest(u32, base);
    const start = Math.max(first, newest - this.days + 1);
    const end = Math.min(last, newest);
    if (end < start) return 0;
    const words = base + this.offset + 1;
    const from = start % this.days;
    const to = from + end - start;
    if (to < this.days) return bitsBetween(u32, words, from, to);
    return bitsBetween(u32, words, from, this.days - 1) + bitsBetween(u32, words, 0, to - this.days);
  }

  /** How many days up to `last` were active one after another, `most` at most. */
  run(u32: Uint32Array, base: number, last: number, most: number): number {
    const newest = this.newest(u32, base);
    if (last > newest) return 0;
    const start = Math.max(last - most, newest - this.days) + 1;
    for (let end = last; end >= start; end -= WORD_BITS) {
      const active = Math.clz32(~this.until(u32, base, end));
      if (active < WORD_BITS) return Math.min(last - end + active, last - start + 1);
    }
    return last - start + 1;
  }

  /** The ring's days that end with `day`, the highest bit. Those that the ring has no more are others. */
  private until(u32: Uint32Array, base: number, day: number): number {
    const bit = day % this.days;
    const word = base + this.offset + 1 + (bit >>> 5);
    const wordBefore = bit < WORD_BITS ? word + (this.days >>> 5) - 1 : word - 1;
    const high = bit & 31;
    return (u32[word] << (31 - high)) | ((u32[wordBefore] >>> 1) >>> high);
  }

  /** Every day of `from` is set here too. */
  merge(into: Uint32Array, intoBase: number, from: Uint32Array, fromBase: number): void {
    const newest = this.newest(from, fromBase);
    for (let day = newest - this.days + 1; day <= newest; day++)
      if (day > 0 && this.has(from, fromBase, day)) this.set(into, intoBase, day);
  }

  private advance(u32: Uint32Array, base: number, day: number): void {
    const newest = this.newest(u32, base);
    if (day <= newest) return;
    const first = Math.max(newest + 1, day - this.days + 1);
    let bit = first % this.days;
    for (let left = day - first + 1; left > 0; ) {
      const run = Math.min(WORD_BITS - (bit & 31), left);
      u32[base + this.offset + 1 + (bit >>> 5)] &= ~mask(bit & 31, run);
      left -= run;
      bit += run;
      if (bit === this.days) bit = 0;
    }
    u32[base + this.offset] = day;
  }
}

interface Days {
  readonly ring: DayRing;
  readonly days: number;
  readonly stat: 'count' | 'streak';
}

/** Features over one ring look at its last days once. */
const DAYS: Form<Days> = (features, use) => {
  const rings = [...Map.groupBy(features, ({ ring }) => ring.offset).values()].map((over) => {
    const ring = use(over[0].ring);
    const values = statements(over, ({ position, stat, days }) => {
      if (stat === 'streak')
        return setValue(position, `recent>>>30===0?0:${ring}.run(u,b,recent>>>31===1?today:today-1,${days})`);
      if (days > WORD_BITS) return setValue(position, `${ring}.count(u,b,today-${days - 1},today)`);
      return setValue(position, `${use(bitsIn)}(recent>>>${WORD_BITS - days})`);
    });
    return `{const recent=${ring}.recent(u,b,today);\n${values}}`;
  });
  return `{const today=Math.floor(sec/${DAY_SEC});\n${rings.join('\n')}}`;
};

/**
 * UTC days with at least one event among the last `days` (today counts), or with `stat: streak` the run of active days
 * that ends today or yesterday, at most `days`. Words: 1 and a bit a day.
 */
export const activeDays: Kind = {
  name: 'activeDays',
  schema: Type.Object({
    days: Type.Integer({ minimum: 1, maximum: DAYS_MAX }),
    stat: Type.Optional(Type.Union([Type.Literal('count'), Type.Literal('streak')])),
  }),
  selects: true,
  exact: true,
  demand: (spec) => ({ key: keyOf(spec), size: (spec as ActiveDaysSpec).days }),
  compile(spec, plan) {
    const { days, stat = 'count' } = spec as ActiveDaysSpec;
    const key = keyOf(spec);
    // A streak may end yesterday: one day more than asked for.
    const words = Math.ceil((plan.demanded(key) + 1) / WORD_BITS);
    const offset = plan.cell(key, 1 + words, (at) => {
      const ring = new DayRing(at, words);
      return {
        selector: compileSelector(spec, plan.items),
        apply: (row, facts) => ring.set(row.u32, row.base, Math.floor(facts.sec / DAY_SEC)),
        merge: (into, from) => ring.merge(into.u32, into.base, from.u32, from.base),
      };
    });
    const ring = new DayRing(offset, words);
    return reading(DAYS, { ring, days, stat });
  },
};
