import Type from 'typebox';
import { DURATION, durationSec } from '../duration.ts';
import type { FeatureSpec, Kind } from '../kind.ts';
import { type Form, positionsOf, reading } from '../reading.ts';
import type { RowView } from '../row.ts';
import { compileField, compileSelector } from '../selector.ts';
import { sumSteps } from './sum.ts';

/** Buckets that one ring may have: 90 days by day, with room. */
const BUCKETS_MAX = 128;
const U16_MAX = 0xffff;

const keyOf = (spec: FeatureSpec): string =>
  `window ${spec.field ?? ''} ${spec.bucket} ${spec.unit === 'money' ? 'money' : ''} ${compileSelector(spec).key}`;

const bucketsOf = (spec: FeatureSpec): number =>
  durationSec(spec.window as string) / durationSec(spec.bucket as string);

/**
 * A ring of buckets: one word for the newest bucket's number, then 16 bits a bucket for counts (saturating) or a
 * word a bucket for sums (in steps, saturating). Windows over the same events and bucket share the longest ring.
 */
interface Ring {
  readonly length: number;
  get(row: RowView, slot: number): number;
  set(row: RowView, slot: number, value: number): void;
}

const countAt = (u32: Uint32Array, first: number, slot: number): number =>
  (u32[first + (slot >>> 1)] >>> ((slot & 1) << 4)) & U16_MAX;

const sumAt = (u32: Uint32Array, first: number, slot: number): number => u32[first + slot] | 0;

const countRing = (offset: number, length: number): Ring => ({
  length,
  get: (row, slot) => countAt(row.u32, row.base + offset + 1, slot),
  set: (row, slot, value) => {
    const at = row.base + offset + 1 + (slot >>> 1);
    const shift = (slot & 1) << 4;
    row.u32[at] = (row.u32[at] & ~(U16_MAX << shift)) | (Math.min(value, U16_MAX) << shift);
  },
});

const sumRing = (offset: number, length: number): Ring => ({
  length,
  get: (row, slot) => sumAt(row.u32, row.base + offset + 1, slot),
  set: (row, slot, value) => {
    row.u32[row.base + offset + 1 + slot] = Math.max(-0x8000_0000, Math.min(0x7fff_ffff, value));
  },
});

/** Moves the ring's newest bucket forward, emptying what falls out. @returns false where `bucket` is too old. */
const advance = (row: RowView, offset: number, ring: Ring, bucket: number): boolean => {
  const at = row.base + offset;
  const newest = row.u32[at];
  if (bucket <= newest) return bucket > newest - ring.length;
  for (let b = Math.max(newest + 1, bucket - ring.length + 1); b <= bucket; b++) ring.set(row, b % ring.length, 0);
  row.u32[at] = bucket;
  return true;
};

interface Window {
  readonly offset: number;
  readonly length: number;
  readonly bucketSec: number;
  /** Buckets that are added up. */
  readonly wanted: number;
  readonly steps: number;
}

/** Adds up the buckets of rings of one sort: windows over one ring are one way back from its newest bucket. */
const windowsOf =
  (bucketAt: (u32: Uint32Array, first: number, slot: number) => number): Form<Window> =>
  (features) => {
    const rings = [...Map.groupBy(features, ({ offset }) => offset).values()].map((unordered) => {
      const over = unordered.toSorted((a, b) => a.wanted - b.wanted);
      const [{ offset, length, bucketSec, steps }] = over;
      const wanted = Int32Array.from(over, (feature) => feature.wanted);
      return { offset, length, bucketSec, steps, wanted, positions: positionsOf(over) };
    });
    return ({ u32, base }, { values, sec }) => {
      for (let r = 0; r < rings.length; r++) {
        const { offset, length, bucketSec, steps, wanted, positions } = rings[r];
        const newest = u32[base + offset];
        const age = Math.floor(sec / bucketSec) - newest;
        let slot = newest % length;
        let sum = 0;
        let back = 0;
        for (let i = 0; i < wanted.length; i++) {
          for (const end = Math.min(wanted[i] - age, length); back < end; back++) {
            sum += bucketAt(u32, base + offset + 1, slot);
            slot = slot === 0 ? length - 1 : slot - 1;
          }
          values[positions[i]] = sum / steps;
        }
      }
    };
  };

const COUNTS = windowsOf(countAt);
const SUMS = windowsOf(sumAt);

/** Count or sum over the last window: bucket(t) - window/bucket < bucket(event) <= bucket(t), exact to the bucket. */
export const window: Kind = {
  name: 'window',
  schema: Type.Object({
    window: DURATION,
    bucket: DURATION,
    field: Type.Optional(Type.String()),
  }),
  selects: true,
  exact: true,
  problem(spec) {
    const buckets = bucketsOf(spec);
    if (!Number.isInteger(buckets)) return `window \`${spec.window}\` is no whole number of buckets \`${spec.bucket}\``;
    return buckets <= BUCKETS_MAX
      ? undefined
      : `has ${buckets} buckets, at most ${BUCKETS_MAX} fit: take a larger bucket`;
  },
  demand: (spec) => ({ key: keyOf(spec), size: bucketsOf(spec) }),
  compile(spec, plan) {
    const key = keyOf(spec);
    const length = plan.demanded(key);
    const bucketSec = durationSec(spec.bucket as string);
    const selector = compileSelector(spec, plan.items);
    const field = spec.field === undefined ? undefined : compileField(spec.field, plan.items);
    const steps = field === undefined ? 1 : sumSteps(spec, plan);
    const words = 1 + (field === undefined ? Math.ceil(length / 2) : length);
    const ringAt = (at: number): Ring => (field === undefined ? countRing(at, length) : sumRing(at, length));
    const offset = plan.cell(key, words, (at) => {
      const ring = ringAt(at);
      return {
        selector,
        apply(row, facts) {
          const amount = field === undefined ? 1 : field(facts.values);
          if (Number.isNaN(amount)) return;
          const bucket = Math.floor(facts.sec / bucketSec);
          if (!advance(row, at, ring, bucket)) return;
          const slot = bucket % length;
          ring.set(row, slot, ring.get(row, slot) + Math.round(amount * steps));
        },
        merge(into, from) {
          const newest = from.u32[from.base + at];
          if (newest === 0) return;
          advance(into, at, ring, newest);
          const oldest = Math.max(newest, into.u32[into.base + at]) - length + 1;
          for (let bucket = Math.max(oldest, newest - length + 1); bucket <= newest; bucket++) {
            const slot = bucket % length;
            ring.set(into, slot, ring.get(into, slot) + ring.get(from, slot));
          }
        },
      };
    });
    const terms = { offset, length, bucketSec, wanted: bucketsOf(spec), steps };
    return reading(field === undefined ? COUNTS : SUMS, terms);
  },
};
