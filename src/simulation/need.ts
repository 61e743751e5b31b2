import { draw, drawNormal, PURPOSE } from './draws.ts';
import { KIND } from './words.ts';
import type { World } from './world.ts';

/** How much of the need for a category is felt with so many days of its supply left: 0 to 1. */
const feltAt = (stock: number, threshold: number, width: number): number =>
  1 / (1 + Math.exp((stock - threshold) / width));

/** The need for a category today. @param aheadDays from today */
export const categoryNeed = ({ people, truth }: World, p: number, category: number, aheadDays = 0): number => {
  const at = p * truth.categories.length + category;
  const use = people.use[at];
  if (use === 0) return 0;
  const { threshold, width } = truth.file.need;
  return feltAt(people.stock[at] / use - aheadDays, threshold, width);
};

/** The chance that some category is needed: 0 to 1. */
export const needOf = (world: World, p: number, aheadDays = 0): number => {
  let without = 1;
  for (let k = 0; k < world.truth.categories.length; k++) without *= 1 - categoryNeed(world, p, k, aheadDays);
  return 1 - without;
};

/** Supply used up in a day. */
export const useUp = ({ people, truth }: World, p: number): void => {
  const categories = truth.categories.length;
  for (let at = p * categories; at < (p + 1) * categories; at++)
    people.stock[at] = Math.max(0, people.stock[at] - people.use[at] * people.cycle[at]);
};

/** Adds supply; a new cycle goes faster or slower than the one before. */
export const fill = ({ people, truth, today }: World, p: number, category: number, supplyDays: number): void => {
  const at = p * truth.categories.length + category;
  people.stock[at] += supplyDays;
  people.cycle[at] = Math.exp(
    drawNormal(people.key[p], PURPOSE.cycle, today.day * 64 + category) * truth.file.need.cycleSpread,
  );
};

/** Buys elsewhere what is needed most. */
export const buyElsewhere = (world: World, p: number): void => {
  const { truth } = world;
  let most = 0;
  for (let k = 1; k < truth.categories.length; k++)
    if (categoryNeed(world, p, k) > categoryNeed(world, p, most)) most = k;
  fill(world, p, most, truth.meanSupplyDays[most]);
};

/** Times the usual rate of buying on a day, for this person. */
export const dayFactor = (world: World, p: number): number => {
  const { people, today, truth } = world;
  const { calendar } = truth.file;
  let factor = today.factor;
  if (people.habitDay[p] === today.weekday) factor *= 1 + calendar.habit;
  return factor * promotionFactor(world, p);
};

/** Times that a promotion raises what this person does: 1 without one. */
export const promotionFactor = ({ people, setting, today }: World, p: number): number =>
  today.promotion === 1
    ? 1
    : 1 + (today.promotion - 1) * setting.file.people.priceClasses[people.priceClass[p]].promotion;

/** Orders a day without any contact. @param need as {@link needOf} says @param factor as {@link dayFactor} says */
export const buyRate = ({ people, truth, today }: World, p: number, need: number, factor: number): number => {
  if (people.isGone[p] === 1) return 0;
  const { tripsPerDay, ambient, sleeperPerDay } = truth.file.need;
  if (people.kind[p] === KIND.sleeper) return sleeperPerDay * factor;
  if (people.kind[p] !== KIND.regular) return 0;
  const isOff = people.season[p] !== 0 && people.season[p] === 1 + Number(today.yearShare >= 0.5);
  return isOff ? 0 : tripsPerDay * factor * (ambient + (1 - ambient) * need);
};

/** Purchases elsewhere a day. */
export const leakRate = ({ people, truth }: World, p: number, need: number): number =>
  people.isGone[p] === 1 || people.kind[p] !== KIND.regular ? 0 : truth.file.need.leakPerDay * need;

/** Whether somebody who moves goes today. */
export const movesToday = ({ people, today }: World, p: number): boolean => people.movesDay[p] === today.day;

/** Whether a chance comes true today. */
export const happens = ({ people, today }: World, p: number, purpose: number, chance: number): boolean =>
  chance > 0 && draw(people.key[p], purpose, today.day) < chance;
