import { DAY_MS } from './calendar.ts';
import { befriend, joinLive, readContent } from './day.ts';
import { draw, PURPOSE, sigmoid } from './draws.ts';
import { moneyText } from './event-text.ts';
import { freshNoise, irritationOf, linked, pushFrom, responseOdds } from './response.ts';
import type { Action } from './truth.ts';
import type { World } from './world.ts';

/** The chance of a click, or of a yes on the phone. @param click log-odds of the channel @param z of the response */
export const yesChance = ({ truth }: World, click: number, z: number): number => {
  const { clickSlope, middling } = truth.file.response;
  return sigmoid(click + clickSlope * (z - middling));
};

/** A contact of an action with a person. */
export interface Contact {
  readonly p: number;
  readonly action: Action;
  /** Index of the channel. */
  readonly channel: number;
  readonly sentMs: number;
  /** Number of the person's decision. */
  readonly decision: number;
  readonly campaignId: string;
  /** Conditions that held this morning. */
  readonly bits: number;
  readonly need: number;
}

/**
 * What a contact does to somebody who sees it.
 * @param annoyed as `annoyance` says
 * @returns log-odds of the response, which clicks and yeses follow too
 */
export const takeEffect = (world: World, contact: Contact, seenMs: number, annoyed: number): number => {
  const { p, action, channel, bits, need, decision } = contact;
  const { people, today, truth } = world;
  const z = responseOdds(world, p, action, channel, bits, need, annoyed) + freshNoise(world, p, action);
  const strength = action.lift * linked(world, z);
  const atDay = world.dayAt(seenMs);
  const succeeds = draw(people.key[p], PURPOSE.result, today.day * 16 + action.index) < strength;
  switch (action.result) {
    case 'order':
      pushFrom(world, p, atDay, strength);
      break;
    case 'content':
      readContent(world, p, seenMs + 20_000, decision);
      pushFrom(world, p, atDay, strength);
      break;
    case 'live':
      if (succeeds && today.isLiveDay) joinLive(world, p, decision);
      break;
    case 'friend':
      if (succeeds && people.isFriend[p] === 0) befriend(world, p, seenMs + 90_000);
      break;
    case 'referral':
      if (succeeds) refer(world, p, seenMs);
      break;
    case 'calm':
      people.irritation[p] = irritationOf(world, p, atDay) * (1 - truth.file.irritation.calmed * linked(world, z));
      people.irritationDay[p] = atDay;
      pushFrom(world, p, atDay, strength * truth.file.response.calmOrders);
      break;
  }
  return z;
};

const refer = (world: World, p: number, seenMs: number): void => {
  const { people, truth, ledger, today } = world;
  ledger.relations += truth.file.value.referral;
  const waitDays = 1 + draw(people.key[p], PURPOSE.result, today.day * 16 + 15) * 6;
  world.tell(p, 'referral.converted', seenMs + waitDays * DAY_MS, `{"value":${moneyText(truth.file.value.referral)}}`);
};
