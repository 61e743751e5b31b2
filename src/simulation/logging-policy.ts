import type { Candidates } from './candidates.ts';
import { draw, PURPOSE } from './draws.ts';
import { ruleOf } from './manual-rules.ts';
import type { Choice, Policy } from './policy.ts';
import { randomSendMs } from './random-policy.ts';
import { HOLD } from './words.ts';
import type { World } from './world.ts';

/**
 * Rules mixed with chance, so that what is learned from its log is not what the rules believed: with `ruleShare` what the
 * rules say, else hold with `holdShare`, else any pair. The hour of sending is drawn evenly whatever is chosen.
 */
export const loggingPolicy = (): Policy => {
  let rule = HOLD;
  let shares = { ruleShare: 0, holdShare: 0 };
  /** The chance of a candidate, or of HOLD. */
  const chance = (count: number, i: number): number => {
    const { ruleShare, holdShare } = shares;
    const ofChance = count === 0 ? Number(i === HOLD) : i === HOLD ? holdShare : (1 - holdShare) / count;
    return ruleShare * Number(i === rule) + (1 - ruleShare) * ofChance;
  };
  return {
    name: 'logging',
    isRecorded: true,
    decide(world: World, p: number, bits: number, candidates: Candidates, choice: Choice): void {
      const { day } = world.today;
      const key = world.people.key[p];
      const { count } = candidates;
      shares = world.setting.file.decisions;
      rule = ruleOf(world, p, bits, candidates);
      let i = HOLD;
      if (draw(key, PURPOSE.decisionMix, day) < shares.ruleShare) i = rule;
      else if (count > 0 && draw(key, PURPOSE.decisionMix, day + 5000) >= shares.holdShare)
        i = Math.floor(draw(key, PURPOSE.decisionAction, day) * count);
      const probability = chance(count, i);
      if (i === HOLD) choice.hold(probability);
      else choice.contact(candidates.actionOf(i), candidates.channelOf(i), randomSendMs(world, p), probability);
    },
    probabilityOf: (candidates, i) => chance(candidates.count, i),
  };
};
