import { formatTime } from '../base/clock.ts';
import { DAY_MS } from './calendar.ts';
import { decisionId } from './orders.ts';
import { Outlook, PATH_DAYS } from './outlook.ts';
import type { Choice } from './policy.ts';
import { HOLD, KINDS, TRAITS } from './words.ts';
import type { World } from './world.ts';

const digits = (value: number): number => Math.round(value * 1e6) / 1e6;

/** What a person hid, at the end of the run, as a line of JSON. */
export const customerTruth = (world: World, p: number): string => {
  const { people, truth, setting } = world;
  const { people: spread } = setting.file;
  const named = (names: readonly string[], values: Float32Array): Record<string, number> =>
    Object.fromEntries(names.map((name, i) => [name, digits(values[p * names.length + i])]));
  return JSON.stringify({
    customerId: world.idOf(p),
    kind: KINDS[people.kind[p]],
    gone: people.isGone[p] === 1,
    bot: people.isBot[p] === 1,
    joinedAt: formatTime(setting.startMs + people.joinDay[p] * DAY_MS),
    priceClass: spread.priceClasses[people.priceClass[p]].name,
    role: spread.roles[people.role[p]].name,
    timezone: spread.zones[people.zone[p]].timezone,
    basket: digits(people.basket[p]),
    use: named(truth.categories, people.use),
    taste: named(truth.tastes, people.taste),
    traits: named(TRAITS, people.trait),
    reach: named(
      truth.channels.map(({ name }) => name),
      people.reach,
    ),
    hourType: people.hourType[p],
    callHourType: people.callHourType[p],
    hourShift: people.hourShift[p],
    irritability: digits(people.irritability[p]),
    halfLifeDays: digits(people.halfLifeDays[p]),
  });
};

const outlook = new Outlook();

/**
 * What a decision would do, as a line of JSON: the chance that the contact is seen at its hour, the chance of an order
 * within {@link PATH_DAYS} days seen and not contacted, and the oracle's value of it at the best hour.
 */
export const decisionTruth = (world: World, p: number, n: number, bits: number, choice: Choice): string => {
  outlook.look(world, p, bits);
  const { truth } = world;
  const isHold = choice.action === HOLD;
  const line = {
    decisionId: choice.decisionId ?? decisionId(world, p, n),
    customerId: world.idOf(p),
    at: formatTime(world.today.startMs),
    buyDays: PATH_DAYS,
    buyHold: digits(outlook.soonHold),
  };
  if (isHold) return JSON.stringify({ ...line, actionId: 'hold' });
  outlook.worthOf(world, choice.action, choice.channel);
  return JSON.stringify({
    ...line,
    actionId: truth.actions[choice.action].id,
    channel: truth.channels[choice.channel].name,
    reach: digits(outlook.reachAt(world, choice.channel, world.hourAt(p, choice.sendMs))),
    buyContacted: digits(outlook.soonContacted),
    value: digits(outlook.value),
  });
};
