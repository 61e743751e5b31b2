import { Candidates } from './candidates.ts';
import { draw, PURPOSE } from './draws.ts';
import { decisionId, nameDecision } from './orders.ts';
import { Choice, type Policy } from './policy.ts';
import { conditionsOf } from './reach.ts';
import { HOLD } from './words.ts';
import type { World } from './world.ts';

const candidates = new Candidates();
const choice = new Choice();

/** Whose turn it is this morning: everybody has a turn every so many days, on days of their own. */
export const isDue = ({ people, today, setting }: World, p: number): boolean => {
  const { everyDays } = setting.file.decisions;
  return (
    today.day >= 0 &&
    people.joinDay[p] < today.day &&
    (today.day + Math.floor(draw(people.key[p], PURPOSE.decisionPhase, 0) * everyDays)) % everyDays === 0
  );
};

/** Told each decision, for those who know the truth. @param n number of the person's decision @param bits conditions */
export type OnDecision = (world: World, p: number, n: number, bits: number, choice: Choice) => void;

/** Decides about a person, and lets what was decided wait for its time. */
export const decideFor = (world: World, p: number, policy: Policy, onDecision?: OnDecision): void => {
  const { people, ledger } = world;
  const bits = conditionsOf(world, p);
  candidates.find(world, p, bits);
  choice.hold();
  choice.isCallList = false;
  choice.decisionId = undefined;
  policy.decide(world, p, bits, candidates, choice);
  const n = ++people.decisions[p];
  ledger.decisions++;
  if (policy.isRecorded) record(world, p, n, policy);
  onDecision?.(world, p, n, bits, choice);
  if (choice.action === HOLD) {
    ledger.holds++;
    return;
  }
  if (choice.decisionId !== undefined) nameDecision(world, p, n, choice.decisionId);
  people.waitingMs[p] = choice.sendMs;
  people.waitingAction[p] = choice.action;
  people.waitingChannel[p] = choice.channel;
  people.waitingDecision[p] = n;
  people.waitingCampaign[p] = Number(choice.isCallList || world.truth.channels[choice.channel].isCall);
};

/** The decision as an event: what was feasible, each with its chance, and what was chosen. */
const record = (world: World, p: number, n: number, policy: Policy): void => {
  if (world.isSilent) return;
  const feasible: string[] = [];
  const { probabilityOf } = policy;
  const chosen = pairText(world, choice.action, choice.channel, choice.probability);
  if (probabilityOf === undefined) feasible.push(chosen);
  else {
    feasible.push(pairText(world, HOLD, 0, probabilityOf(candidates, HOLD)));
    for (let i = 0; i < candidates.count; i++)
      feasible.push(pairText(world, candidates.actionOf(i), candidates.channelOf(i), probabilityOf(candidates, i)));
  }
  const sendAt = choice.action === HOLD ? '' : `,"sendHour":${world.hourAt(p, choice.sendMs)}`;
  const data = `{"decisionId":"${decisionId(world, p, n)}",${chosen.slice(1, -1)}${sendAt},"policy":"market-logging","campaignId":"always-on","feasible":[${feasible.join(',')}]}`;
  world.tell(p, 'decision.made', world.today.startMs, data);
};

const pairText = ({ truth }: World, action: number, channel: number, probability: number): string =>
  action === HOLD
    ? `{"actionId":"hold","probability":${round(probability)}}`
    : `{"actionId":"${truth.actions[action].id}","channel":"${truth.channels[channel].name}","probability":${round(probability)}}`;

/** Probabilities keep nine digits, so that their reciprocals stay good weights. */
const round = (probability: number): number => Math.round(probability * 1e9) / 1e9;
