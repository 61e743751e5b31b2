import { randomOf } from '../../bench/random.ts';

export const SCHEDULES = ['fixed', 'poisson', 'burst'] as const;
export type Schedule = (typeof SCHEDULES)[number];

/** How much faster requests come in a burst, which lasts for a tenth of the time. */
export const BURST = 6.5;
const PERIOD_MS = 10_000;
const BURST_PART = 0.1;

/**
 * When each request is to be sent, in ms after the start, in order. The mean rate is the one asked for, whatever the schedule:
 * `fixed` at equal distances, `poisson` as many independent callers ask, `burst` the same with a second in ten at 6.5 times
 * the rate of the other nine.
 */
export const plannedTimes = (kind: Schedule, ratePerSec: number, durationMs: number, seed: number): Float64Array => {
  if (kind === 'fixed')
    return Float64Array.from(
      { length: Math.floor((ratePerSec * durationMs) / 1000) },
      (_, i) => (i * 1000) / ratePerSec,
    );
  const random = randomOf(seed);
  const restPerMs = ratePerSec / 1000 / (kind === 'burst' ? 1 - BURST_PART + BURST_PART * BURST : 1);
  const periodMs = Math.min(PERIOD_MS, durationMs);
  const times: number[] = [];
  // Arrivals of rate 1, stretched by the time that the rate in force takes to make one.
  for (let nowMs = 0; ; ) {
    let due = -Math.log(1 - random());
    for (;;) {
      const inPeriod = nowMs % periodMs;
      const burstMs = periodMs * (1 - BURST_PART);
      const isBurst = kind === 'burst' && inPeriod >= burstMs;
      const perMs = isBurst ? restPerMs * BURST : restPerMs;
      const untilChangeMs = kind === 'burst' ? (isBurst ? periodMs : burstMs) - inPeriod : Number.POSITIVE_INFINITY;
      if (due <= untilChangeMs * perMs) {
        nowMs += due / perMs;
        break;
      }
      due -= untilChangeMs * perMs;
      // A rounding must not leave the time just before the change for ever.
      nowMs += Math.max(untilChangeMs, 1e-6);
    }
    if (nowMs >= durationMs) return Float64Array.from(times);
    times.push(nowMs);
  }
};
