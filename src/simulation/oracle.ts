import type { Candidates } from './candidates.ts';
import { Outlook } from './outlook.ts';
import type { Choice, Policy } from './policy.ts';
import type { World } from './world.ts';

/**
 * Knows what everybody hides and how they respond, not their luck: takes the contact and hour of the best expected
 * value net of cost and of the price of irritation, or holds where none is above 0.
 */
export const oracle = (): Policy => {
  const outlook = new Outlook();
  return {
    name: 'oracle',
    isRecorded: true,
    decide(world: World, p: number, bits: number, candidates: Candidates, choice: Choice): void {
      choice.hold();
      if (candidates.count === 0) return;
      outlook.look(world, p, bits);
      let best = 0;
      for (let i = 0; i < candidates.count; i++) {
        const { value, hour } = outlook.worthOf(world, candidates.actionOf(i), candidates.channelOf(i));
        if (value <= best) continue;
        best = value;
        choice.contact(candidates.actionOf(i), candidates.channelOf(i), world.timeOf(p, hour, 0));
      }
    },
  };
};
