import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sortByTime } from '../../src/learning/time-order.ts';

const DAY_MS = 86_400_000;

test('events of any times are put in order, those of one time as they came', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0, 10, 5000, 9000),
      fc.constantFrom(1, 1000, 70_000, 400 * DAY_MS, 100_000 * DAY_MS),
      fc.integer({ min: -10_000 * DAY_MS, max: 20_000 * DAY_MS }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      fc.constantFrom(1, 4),
      (events, spanMs, firstMs, parts, steps) => {
        const stepOf = (part: number): number => Math.floor(part * spanMs * steps) / steps;
        const timesMs = Float64Array.from({ length: events }, () => firstMs + stepOf(parts.next().value));
        const order = Uint32Array.from(timesMs, (_, i) => i);
        const expected = [...order].sort((a, b) => timesMs[a] - timesMs[b] || a - b);
        sortByTime(order, timesMs);
        assert.deepEqual([...order], expected);
      },
    ),
    { numRuns: 60 },
  );
});
