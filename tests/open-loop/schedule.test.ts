import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { customersOf } from '../../bench/traffic/customers.ts';
import { plannedTimes, SCHEDULES } from '../../load-tests/open-loop/schedule.ts';

const within = (times: Float64Array, isIn: (ms: number) => boolean): number => times.filter(isIn).length;

test('every schedule is in order, within its time, the same for its seed, and of the rate asked for', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...SCHEDULES),
      fc.integer({ min: 50, max: 5000 }),
      fc.integer({ min: 200, max: 20_000 }),
      fc.integer({ min: 0, max: 1e6 }),
      (kind, rate, durationMs, seed) => {
        const times = plannedTimes(kind, rate, durationMs, seed);
        assert.ok(times.every((ms, i) => ms >= 0 && ms < durationMs && (i === 0 || ms >= times[i - 1])));
        assert.deepEqual(times, plannedTimes(kind, rate, durationMs, seed));
        // Six standard deviations of a Poisson count; a burst's period may be cut off in the middle.
        const expected = (rate * durationMs) / 1000;
        if (kind !== 'burst' || durationMs <= 10_000)
          assert.ok(Math.abs(times.length - expected) <= 6 * Math.sqrt(expected) + 1, `${times.length}, ${expected}`);
      },
    ),
    { numRuns: 60 },
  );
});

test('gaps of independent callers are exponential: as uneven as long on average', () => {
  const times = plannedTimes('poisson', 1000, 60_000, 3);
  const gaps = Array.from(times.subarray(1), (ms, i) => ms - times[i]);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  assert.ok(Math.abs(deviation / mean - 1) < 0.03, `${deviation / mean}`);
});

test('a second in ten has 6.5 times the rate of the others', () => {
  const times = plannedTimes('burst', 2000, 60_000, 5);
  const isBurst = (ms: number): boolean => ms % 10_000 >= 9000;
  const burst = within(times, isBurst);
  const ratio = burst / ((times.length - burst) / 9);
  assert.ok(Math.abs(ratio - 6.5) < 0.3, `${ratio}`);
});

test('hot keys: the first is asked for twice as often as the second, and everybody is somebody', () => {
  const next = customersOf('zipf', 1000, 9);
  const counts = new Map<number, number>();
  for (let i = 0; i < 200_000; i++) {
    const customer = next();
    assert.ok(customer >= 0 && customer < 1000);
    counts.set(customer, (counts.get(customer) ?? 0) + 1);
  }
  const [first, second, , , , , , , , tenth] = [...counts.values()].sort((a, b) => b - a);
  assert.ok(Math.abs(first / second - 2) < 0.2, `${first / second}`);
  assert.ok(Math.abs(first / tenth - 10) < 1.5, `${first / tenth}`);
  assert.ok(counts.size > 990);
});
