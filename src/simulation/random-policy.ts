import type { Candidates } from './candidates.ts';
import { draw, PURPOSE } from './draws.ts';
import type { Choice, Policy } from './policy.ts';
import type { World } from './world.ts';

/** A send time of today at an hour drawn evenly from those of the market. */
export const randomSendMs = (world: World, p: number): number => {
  const { fromHour, toHour } = world.setting.file.decisions;
  const key = world.people.key[p];
  const hour = fromHour + Math.floor(draw(key, PURPOSE.decisionHour, world.today.day) * (toHour - fromHour));
  return world.timeOf(p, hour, draw(key, PURPOSE.decisionHour, world.today.day + 5000) * 0.9);
};

/** Any feasible pair of action and channel, or hold, each with the same chance. */
export const randomPolicy = (): Policy => ({
  name: 'random',
  isRecorded: true,
  decide(world: World, p: number, _bits: number, candidates: Candidates, choice: Choice): void {
    const probability = 1 / (candidates.count + 1);
    const i = Math.floor(draw(world.people.key[p], PURPOSE.decisionAction, world.today.day) * (candidates.count + 1));
    if (i === candidates.count) choice.hold(probability);
    else choice.contact(candidates.actionOf(i), candidates.channelOf(i), randomSendMs(world, p), probability);
  },
  probabilityOf: (candidates) => 1 / (candidates.count + 1),
});
