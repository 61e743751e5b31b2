import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mix32 } from '../../src/base/hash.ts';
import { DedupeWindow, dedupeRegionBytes } from '../../src/state/dedupe.ts';

const BASE_WORD = 8;
const GUARD = 0xdeadbeef;

/** A window in the middle of guarded memory. */
const windowOf = (idsMax: number, windowSec: number) => {
  const end = BASE_WORD + dedupeRegionBytes(idsMax) / 4;
  const words = new Uint32Array(new SharedArrayBuffer((end + BASE_WORD) * 4));
  words.fill(GUARD, 0, BASE_WORD);
  words.fill(GUARD, end);
  const window = new DedupeWindow(() => words, BASE_WORD, { idsMax, windowMs: windowSec * 1000 });
  const guardsHold = () => [...words.subarray(0, BASE_WORD), ...words.subarray(end)].every((word) => word === GUARD);
  return { window, words, guardsHold };
};

/** The slow, obvious twin. */
class Twin {
  readonly times = new Map<number, number>();
  readonly idsMax: number;
  readonly windowSec: number;

  constructor(idsMax: number, windowSec: number) {
    this.idsMax = idsMax;
    this.windowSec = windowSec;
  }

  seen(id: number, timeSec: number): boolean {
    for (const [old, time] of this.times) if (timeSec - time > this.windowSec) this.times.delete(old);
    if (this.times.has(id)) return true;
    if (this.times.size === this.idsMax) this.times.delete(this.times.keys().next().value as number);
    this.times.set(id, timeSec);
    return false;
  }
}

/** Few hashes, some that differ in one half only, so that repeats and full buckets are common. */
const seenById = (window: DedupeWindow, id: number, timeSec: number): boolean =>
  window.seen(id % 5 === 0 ? 7 : mix32(id), id % 7 === 0 ? 9 + id : mix32(id + 1000), timeSec);

const steps = fc.array(
  fc.record({ id: fc.integer({ min: 1, max: 60 }), wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 12 })) }),
  { maxLength: 400, size: 'max' },
);
const sizes = { idsMax: fc.integer({ min: 1, max: 50 }), windowSec: fc.integer({ min: 1, max: 40 }) };

test('a window remembers and forgets as its slow twin does, wherever its sequence numbers stand', () => {
  const rounds = fc.integer({ min: -60, max: 0 });
  fc.assert(
    fc.property(fc.record(sizes), steps, rounds, ({ idsMax, windowSec }, steps, beforeWrap) => {
      const { window, words, guardsHold } = windowOf(idsMax, windowSec);
      const twin = new Twin(idsMax, windowSec);
      // As after some four thousand million ids: the sequence numbers are about to start anew.
      if (beforeWrap < 0) words[BASE_WORD] = Math.floor(2 ** 32 / idsMax) * idsMax + beforeWrap;
      let timeSec = 1_300_000_000;
      for (const { id, wait } of steps) {
        timeSec += wait;
        assert.equal(seenById(window, id, timeSec), twin.seen(id, timeSec));
        assert.equal(window.count, twin.times.size);
      }
      assert.ok(guardsHold(), 'nothing was written outside the region');
    }),
    { numRuns: 200 },
  );
});

test('an id is remembered to the last second of the window, and being seen again does not renew it', () => {
  const { window } = windowOf(10, 60);
  assert.equal(window.seen(1, 2, 1000), false);
  assert.equal(window.seen(1, 2, 1030), true);
  assert.equal(window.seen(1, 2, 1060), true);
  assert.equal(window.seen(1, 2, 1061), false);
});

test('a copy of the region goes on as the original does', () => {
  fc.assert(
    fc.property(fc.record(sizes), steps, steps, ({ idsMax, windowSec }, before, after) => {
      const original = windowOf(idsMax, windowSec);
      let timeSec = 1000;
      for (const { id, wait } of before) {
        timeSec += wait;
        seenById(original.window, id, timeSec);
      }
      const copy = windowOf(idsMax, windowSec);
      copy.words.set(original.words);
      for (const { id, wait } of after) {
        timeSec += wait;
        assert.equal(seenById(copy.window, id, timeSec), seenById(original.window, id, timeSec));
      }
      assert.deepEqual(copy.words, original.words);
    }),
  );
});

test('a new window touches no page of a large region, and a few ids touch a few', () => {
  const pagesTouched = (words: Uint32Array): number => {
    const pages = new Set<number>();
    for (let i = BASE_WORD; i < words.length - BASE_WORD; i++) if (words[i] !== 0) pages.add(i >> 10);
    return pages.size;
  };
  const { window, words } = windowOf(1_000_000, 60);
  assert.equal(window.count, 0);
  assert.equal(pagesTouched(words), 0);
  for (let id = 0; id < 10; id++) window.seen(mix32(id), id, 1000);
  // The header and one bucket each, and one page, or two, of the ring.
  assert.ok(pagesTouched(words) <= 13, `${pagesTouched(words)} pages`);
});

test('a window keeps working in a memory that grows', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
  const window = new DedupeWindow(() => new Uint32Array(memory.buffer), 0, { idsMax: 100, windowMs: 60_000 });
  assert.equal(window.seen(1, 2, 1000), false);
  memory.grow(2);
  assert.equal(window.seen(1, 2, 1000), true);
  assert.equal(window.seen(1, 3, 1000), false);
});
