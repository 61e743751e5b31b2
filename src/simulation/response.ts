import { DAY_MS } from './calendar.ts';
import { drawNormal, PURPOSE, sigmoid } from './draws.ts';
import type { Action } from './truth.ts';
import { TRAITS } from './words.ts';
import type { World } from './world.ts';

/** Irritation now: it halves in the person's own time. */
export const irritationOf = ({ people }: World, p: number, atDay: number): number =>
  people.irritation[p] === 0
    ? 0
    : people.irritation[p] * 2 ** (-Math.max(0, atDay - people.irritationDay[p]) / people.halfLifeDays[p]);

export const irritate = (world: World, p: number, atDay: number, units: number): void => {
  const { people } = world;
  people.irritation[p] = irritationOf(world, p, atDay) + units;
  people.irritationDay[p] = atDay;
};

/** How much irritation weighs: 1 at the market's scale. */
export const annoyance = ({ truth }: World, irritation: number): number =>
  (irritation / truth.file.irritation.scale) ** truth.file.irritation.exponent;

/** Log-odds that irritation can take away at most: beyond it nothing is left to lose. */
const ODDS_LOST_MAX = 6;

/** The chance that a contact is seen, or a call answered. @param hour local @param annoyed as {@link annoyance} says */
export const reachChance = (
  { people, truth }: World,
  p: number,
  channel: number,
  hour: number,
  isWeekend: boolean,
  annoyed: number,
): number => {
  const { reach, isCall } = truth.channels[channel];
  const { calls, irritation } = truth.file;
  const type = isCall ? people.callHourType[p] : people.hourType[p];
  const there = truth.hours.at(type, people.hourShift[p], isWeekend, hour);
  const liking = people.reach[p * truth.channels.length + channel];
  const lost = Math.min(ODDS_LOST_MAX, irritation.onReach * annoyed);
  return sigmoid(reach + liking + there + (isCall ? calls.shift : 0) - lost);
};

/** How much the person likes what is shown this week: an item after another. */
const tasteForShown = ({ people, truth, today }: World, p: number): number => {
  const week = Math.floor((today.startMs / DAY_MS + 3) / 7);
  const item = truth.items[week % truth.items.length];
  return people.taste[p * truth.tastes.length + item.taste];
};

/**
 * Log-odds of the response of somebody who sees the contact, without what no one can know.
 * @param bits conditions that hold
 */
export const responseOdds = (
  world: World,
  p: number,
  action: Action,
  channel: number,
  bits: number,
  need: number,
  annoyed: number,
): number => {
  const { people, truth } = world;
  const { priceClasses } = world.setting.file.people;
  let z = action.base + truth.channels[channel].persuasion + action.byKind[people.kind[p]] + action.need * need;
  if (action.coupon !== 0) z += action.coupon * priceClasses[people.priceClass[p]].coupon;
  if (action.taste !== 0) z += action.taste * tasteForShown(world, p);
  for (let i = 0; i < action.whenBits.length; i++) if ((bits & action.whenBits[i]) !== 0) z += action.whenOdds[i];
  for (let t = 0; t < TRAITS.length; t++)
    if (action.byTrait[t] !== 0) z += action.byTrait[t] * people.trait[p * TRAITS.length + t];
  z += drawNormal(people.key[p], PURPOSE.actionLiking, action.index) * truth.file.response.noise;
  return z - Math.min(ODDS_LOST_MAX, truth.file.irritation.onResponse * annoyed);
};

/** The part of the response's log-odds that changes from contact to contact. */
export const freshNoise = ({ people, truth, today }: World, p: number, action: Action): number =>
  drawNormal(people.key[p], PURPOSE.actionLiking, (today.day + 2000) * 16 + action.index) *
  truth.file.response.freshNoise;

/** From log-odds to a chance, by the market's link. */
export const linked = ({ truth }: World, z: number): number =>
  truth.file.response.link === 'logistic' ? sigmoid(z) : 1 - Math.exp(-Math.exp(Math.min(z, 5)));

/** Orders that earlier contacts still cause within a day. @param fromDay and @param toDay days with their fractions */
export const pushWithin = ({ people, truth }: World, p: number, fromDay: number, toDay: number): number => {
  if (people.push[p] === 0 || toDay <= people.pushDay[p]) return 0;
  const { delayDays } = truth.file.response;
  const a = Math.max(0, fromDay - people.pushDay[p]) / delayDays;
  const b = (toDay - people.pushDay[p]) / delayDays;
  return people.push[p] * (Math.exp(-a) - Math.exp(-b));
};

/** Adds orders that a contact causes from a moment on. @param orders expected, if nothing else came */
export const pushFrom = (world: World, p: number, atDay: number, orders: number): void => {
  const { people } = world;
  people.push[p] = pushWithin(world, p, atDay, Number.POSITIVE_INFINITY) + orders;
  people.pushDay[p] = atDay;
};
