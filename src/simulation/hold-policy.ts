import type { Policy } from './policy.ts';

/** Leaves everybody alone: what all contacts are measured from. */
export const holdPolicy = (): Policy => ({
  name: 'hold',
  isRecorded: true,
  decide: (_world, _p, _bits, _candidates, choice) => choice.hold(),
});
