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
  const { probabilityOf } = policy;
  const chosen = `${headOf(world, choice.action, choice.channel)}${chanceText(choice.probability)}`;
  let feasible = '';
  if (probabilityOf === undefined) feasible = `{${chosen}}`;
  else {
    feasible = `{${headOf(world, HOLD, 0)}${chanceText(probabilityOf(candidates, HOLD))}}`;
    for (let i = 0; i < candidates.count; i++)
      feasible += `,{${headOf(world, candidates.actionOf(i), candidates.channelOf(i))}${chanceText(probabilityOf(candidates, i))}}`;
  }
  const sendHour = choice.action === HOLD ? '' : `,"sendHour":${world.hourAt(p, choice.sendMs)}`;
  const data = `{"decisionId":"${decisionId(world, p, n)}",${chosen}${sendHour},"policy":"${policy.name}","campaignId":"always-on","feasible":[${feasible}]}`;
  world.tell(p, 'decision.made', world.today.startMs, data);
};

/** A pair up to its probability: one of the truth's ready texts. */
const headOf = ({ truth }: World, action: number, channel: number): string =>
  action === HOLD ? '"actionId":"hold","probability":' : truth.pairHeads[action * truth.channels.length + channel];

let lastChance = Number.NaN;
let lastText = '';

/** Nine digits, so that reciprocals stay good weights. Most pairs of a decision have the same chance. */
const chanceText = (chance: number): string => {
  if (chance !== lastChance) {
    lastChance = chance;
    lastText = String(Math.round(chance * 1e9) / 1e9);
  }
  return lastText;
};
