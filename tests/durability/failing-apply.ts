/** Preloaded into a service, in every thread: events at some offsets of the log cannot be applied, as with a bug in a kind of feature. */
import { Applier } from '../../src/features/apply.ts';

const FAILING_OFFSETS: readonly number[] = [149, 201];
const { applyValues } = Applier.prototype;

Applier.prototype.applyValues = function (...facts): void {
  if (FAILING_OFFSETS.includes(facts[7])) throw new Error('this event cannot be applied');
  applyValues.apply(this, facts);
};
