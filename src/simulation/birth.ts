import { DAY_MS } from './calendar.ts';
import { draw, drawExponential, drawGamma, drawNormal, PURPOSE, personKey, pick } from './draws.ts';
import { ALIAS } from './people.ts';
import { bitOfChannel } from './reach.ts';
import { KIND, TRAITS } from './words.ts';
import { NO_OPENID, type World } from './world.ts';

const DAYS_IN_YEAR = 365;
const SHIFTS = 3;

const pickShare = (u: number, shares: readonly { readonly share: number }[]): number => {
  const total = shares.reduce((sum, { share }) => sum + share, 0);
  return pick(
    u,
    shares.map(({ share }) => share / total),
  );
};

/** What a buyer turns out to be. */
export const kindOfBuyer = (world: World, p: number): number => {
  const { regular, sleepers } = world.setting.file.people;
  const u = draw(world.people.key[p], PURPOSE.kind, 0);
  return u < regular ? KIND.regular : u < regular + sleepers ? KIND.sleeper : KIND.trier;
};

/** Draws what a person hides. */
export const beBorn = (world: World, p: number): void => {
  const { people, setting, truth } = world;
  const { file, seed, days } = setting;
  const key = personKey(seed, people.first + p);
  people.key[p] = key;
  const u = (purpose: number, n = 0): number => draw(key, purpose, n);
  const { people: spread, irritation } = file;
  people.isBot[p] = Number(u(PURPOSE.bot) < spread.bots);
  people.source[p] = pickShare(u(PURPOSE.source), spread.sources);
  people.role[p] = pickShare(u(PURPOSE.role), spread.roles);
  people.zone[p] = pickShare(u(PURPOSE.zone), spread.zones);
  people.priceClass[p] = pickShare(u(PURPOSE.priceClass), spread.priceClasses);
  people.hourType[p] = pickShare(u(PURPOSE.hours), spread.hours);
  people.callHourType[p] =
    u(PURPOSE.hours, 2) < spread.sameHours ? people.hourType[p] : pickShare(u(PURPOSE.hours, 1), spread.hours);
  people.hourShift[p] = Math.floor(u(PURPOSE.hourShift) * SHIFTS) - 1;
  const isDuring = file.historyDays === 0 || u(PURPOSE.joining) < spread.during;
  people.joinDay[p] = isDuring
    ? Math.floor(u(PURPOSE.joining, 1) * days)
    : setting.firstDay + Math.floor(u(PURPOSE.joining, 1) * file.historyDays);
  const moves = drawExponential(key, PURPOSE.season, 1) / Math.max(spread.movers, 1e-9);
  people.movesDay[p] = Math.min(1e6, people.joinDay[p] + Math.floor(moves * DAYS_IN_YEAR));
  people.season[p] = u(PURPOSE.season) < spread.seasonal ? 1 + Math.floor(u(PURPOSE.season, 2) * 2) : 0;
  people.habitDay[p] = Math.floor(u(PURPOSE.mood) * 7);
  people.kind[p] = u(PURPOSE.firstOrder) < spread.prospects ? KIND.prospect : kindOfBuyer(world, p);
  people.basket[p] =
    Math.exp(drawNormal(key, PURPOSE.basket, 0) * spread.basket.spread) * spread.roles[people.role[p]].basket;
  const [from, to] = irritation.halfLifeDays;
  people.halfLifeDays[p] = from + u(PURPOSE.halfLife) * (to - from);
  people.irritability[p] = Math.exp(drawNormal(key, PURPOSE.irritability, 0) * irritation.spread);
  const categories = truth.categories.length;
  const main = pick(u(PURPOSE.usesCategory, categories), categoryShares(world));
  for (let k = 0; k < categories; k++) {
    const isUsed = k === main || u(PURPOSE.usesCategory, k) < spread.categories;
    people.use[p * categories + k] = isUsed ? file.need.use * drawGamma(key, PURPOSE.use, k, file.need.shape) : 0;
    people.cycle[p * categories + k] = 1;
  }
  for (let t = 0; t < truth.tastes.length; t++)
    people.taste[p * truth.tastes.length + t] = drawNormal(key, PURPOSE.taste, t) * spread.tasteSpread;
  for (let t = 0; t < TRAITS.length; t++)
    people.trait[p * TRAITS.length + t] = drawNormal(key, PURPOSE.trait, t) * spread.traitSpread;
  for (const { index, spread: sd } of truth.channels)
    people.reach[p * truth.channels.length + index] = drawNormal(key, PURPOSE.channelLiking, index) * sd;
  people.linkDay[p] = linkDay(world, p);
  people.pushAction[p] = -1;
  people.waitingMs[p] = 0;
};

const categoryShares = ({ truth }: World): number[] => {
  const weights = truth.itemsOf.map((items) => items.reduce((sum, i) => sum + truth.items[i].weight, 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
};

const linkDay = ({ people, setting }: World, p: number): number => {
  const { openid, late, never, lateDays } = setting.file.people.aliases;
  const key = people.key[p];
  if (draw(key, PURPOSE.alias, 1) >= openid) return NO_OPENID;
  const u = draw(key, PURPOSE.linkDay, 0);
  if (u < never) return NO_OPENID - 1;
  const wait = u < never + late ? 1 + Math.floor(drawExponential(key, PURPOSE.linkDay, 1) * lateDays) : 0;
  return people.joinDay[p] + wait;
};

/** What is told on the day on which somebody joins: membership, profile, aliases, consents, a first friend. */
export const join = (world: World, p: number): void => {
  const { people, setting, truth, today } = world;
  const { people: spread } = setting.file;
  const key = people.key[p];
  const hour = truth.hours.draw(
    people.hourType[p],
    people.hourShift[p],
    today.isWeekend,
    draw(key, PURPOSE.joining, 2),
  );
  const joinMs = world.timeOf(p, hour, draw(key, PURPOSE.joining, 3) * 0.5);
  const source = spread.sources[people.source[p]];
  world.tell(p, 'member.joined', joinMs, `{"source":"${source.name}"}`);
  world.tell(p, 'profile.updated', joinMs + 1000, profile(world, p));
  if (draw(key, PURPOSE.alias, 0) < spread.aliases.phone) link(world, p, 'phone', joinMs + 2000);
  if (draw(key, PURPOSE.alias, 2) < spread.aliases.app) link(world, p, 'app', joinMs + 3000);
  if (people.linkDay[p] === today.day) link(world, p, 'openid', joinMs + 4000);
  for (const { index, name, consent } of truth.channels) {
    if (draw(key, PURPOSE.consent, index) >= consent) continue;
    people.consents[p] |= bitOfChannel(index);
    world.tell(p, 'consent.granted', joinMs + 5000, `{"channel":"${name}","purpose":"marketing"}`);
  }
  if (draw(key, PURPOSE.result, -1) < source.friend) addFriend(world, p, joinMs + 60_000, source.name);
  if (draw(key, PURPOSE.result, -2) < spread.group) {
    people.isInGroup[p] = 1;
    world.tell(p, 'group.joined', joinMs + 120_000, `{"groupId":"group-${people.key[p] % 40}"}`);
  }
  people.waitingMs[p] = 0;
};

const link = (world: World, p: number, scheme: keyof typeof ALIAS, timeMs: number): void => {
  world.people.aliases[p] |= ALIAS[scheme];
  world.tell(p, 'identity.linked', timeMs, `{"alias":"${world.aliasOf(p, scheme)}"}`);
};

/** The link of an account that comes days after joining. */
export const linkLate = (world: World, p: number): void => {
  link(world, p, 'openid', world.today.startMs + draw(world.people.key[p], PURPOSE.linkDay, 2) * DAY_MS);
};

/** A WeCom contact with a member of staff, whose account is then known. @param source how it came about */
export const addFriend = (world: World, p: number, timeMs: number, source: string): void => {
  const { people } = world;
  people.isFriend[p] = 1;
  world.tell(p, 'friend.added', timeMs, `{"staffId":"staff-${people.key[p] % 25}","source":"${source}"}`);
  if ((people.aliases[p] & ALIAS.wecom) === 0) link(world, p, 'wecom', timeMs + 1000);
};

const REGIONS = ['east', 'south', 'north', 'west', 'centre'];

/** What is known of a person; each attribute is missing now and then, the time zone too. */
const profile = (world: World, p: number): string => {
  const { people, setting } = world;
  const { people: spread } = setting.file;
  const key = people.key[p];
  const isKnown = (n: number): boolean => draw(key, PURPOSE.missing, n) >= spread.missing;
  const parts: string[] = [`"source":"${spread.sources[people.source[p]].name}"`, '"tier":"regular"'];
  // A time zone is told by the device and so missing less often than what people have to type.
  if (draw(key, PURPOSE.missing, 0) >= spread.missing / 3)
    parts.push(`"timezone":"${spread.zones[people.zone[p]].timezone}"`);
  if (isKnown(1)) parts.push(`"region":"${REGIONS[Math.floor(draw(key, PURPOSE.profile, 1) * REGIONS.length)]}"`);
  if (isKnown(2)) {
    const month = 1 + Math.floor(draw(key, PURPOSE.profile, 2) * 12);
    const date = 1 + Math.floor(draw(key, PURPOSE.profile, 3) * 28);
    people.birthday[p] = month * 32 + date;
    const year = 1960 + Math.floor(draw(key, PURPOSE.profile, 4) * 45);
    parts.push(`"birthday":"${year}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}"`);
  }
  if (isKnown(3)) parts.push(`"gender":"${draw(key, PURPOSE.profile, 5) < 0.62 ? 'female' : 'male'}"`);
  if (isKnown(4)) parts.push(`"storeDistanceKm":${Math.round(drawExponential(key, PURPOSE.profile, 6) * 60) / 10}`);
  const { tag } = spread.roles[people.role[p]];
  if (tag !== undefined && isKnown(5)) parts.push(`"tags":["${tag}"]`);
  return `{"attributes":{${parts.join(',')}}}`;
};
