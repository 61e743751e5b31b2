/** Preloaded into a service, in every thread: one event cannot be applied, as with a bug in a kind of feature. */
import { Applier } from '../../src/features/apply.ts';

const FAILS_AT = 500;
const { apply } = Applier.prototype;
let events = 0;

Applier.prototype.apply = function (...facts): void {
  if (++events === FAILS_AT) throw new Error('one event cannot be applied');
  apply.apply(this, facts);
};
