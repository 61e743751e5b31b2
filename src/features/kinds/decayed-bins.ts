import type { PlanBuilder } from '../kind.ts';
import type { RowView } from '../row.ts';
import { compileSelector, type SelectorSpec } from '../selector.ts';
import { decayPerSec } from './decayed.ts';

/** Weight of the bins `from` ≤ bin < `to` at a time. */
type ReadBins = (row: RowView, sec: number, from: number, to: number) => number;

/**
 * Adds (or finds) a histogram in which events weigh half after each half-life: a float a bin, all as they were at the
 * second in the word after them.
 */
export const decayedBins = (
  name: string,
  events: SelectorSpec,
  halfLife: string,
  bins: number,
  binOf: (sec: number) => number,
  plan: PlanBuilder,
): ReadBins => {
  const selector = compileSelector(events, plan.items);
  const perSec = decayPerSec(halfLife);
  /** Moves the reference forward to `sec` where it is later. @returns weight of something that happened at `sec` */
  const weightAt = ({ u32, f32, base }: RowView, offset: number, sec: number): number => {
    const stored = u32[base + offset + bins];
    if (sec <= stored) return Math.exp((sec - stored) * perSec);
    const shrink = Math.exp((stored - sec) * perSec);
    for (let at = base + offset; at < base + offset + bins; at++) f32[at] *= shrink;
    u32[base + offset + bins] = sec;
    return 1;
  };
  const first = plan.cell(`decayed hours ${name} ${halfLife} ${selector.key}`, bins + 1, (offset) => ({
    selector,
    apply(row, facts) {
      const weight = weightAt(row, offset, facts.sec);
      row.f32[row.base + offset + binOf(facts.sec)] += weight;
    },
    merge(into, from) {
      const sec = from.u32[from.base + offset + bins];
      if (sec === 0) return;
      const weight = weightAt(into, offset, sec);
      for (let bin = offset; bin < offset + bins; bin++)
        into.f32[into.base + bin] += weight * from.f32[from.base + bin];
    },
  }));
  return ({ u32, f32, base }, sec, from, to) => {
    let sum = 0;
    for (let bin = from; bin < to; bin++) sum += f32[base + first + bin];
    return sum === 0 ? 0 : sum * Math.exp((u32[base + first + bins] - sec) * perSec);
  };
};
