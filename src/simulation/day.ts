import { addFriend, join, linkLate } from './birth.ts';
import { DAY_BEGINS_HOUR, HOUR_MS } from './calendar.ts';
import { draw, drawExponential, PURPOSE, sigmoid } from './draws.ts';
import {
  buyElsewhere,
  buyRate,
  dayFactor,
  happens,
  leakRate,
  movesToday,
  needOf,
  promotionFactor,
  useUp,
} from './need.ts';
import { couponId, decisionId, placeOrder } from './orders.ts';
import { pushFrom, pushWithin } from './response.ts';
import { KIND, TRAIT, TRAITS } from './words.ts';
import type { World } from './world.ts';

/** Somebody who buys looks at things before. */
const VIEWS_BEFORE_ORDER = 2;
const TOPICS = ['tea', 'health', 'gifts', 'recipes'];
/** A click counts as the cause of an order for so long. */
const CAUSE_DAYS = 5;
const MINUTE_MS = 60_000;
const COMES_MAX = 0.5;
/** Looks of a visit that are told. */
const LOOKS_MAX = 30;

/** All that a person does of their own accord today, and what earlier contacts lead to. */
export const liveDay = (world: World, p: number): void => {
  const { people, today } = world;
  const { day } = today;
  if (day < people.joinDay[p]) return;
  if (day === people.joinDay[p]) begin(world, p);
  else if (people.linkDay[p] === day) linkLate(world, p);
  if (people.isBot[p] === 1) roam(world, p);
  else liveOn(world, p);
};

/** A day of somebody real, after they have joined. */
const liveOn = (world: World, p: number): void => {
  const { people, today, truth } = world;
  const { day } = today;
  if (movesToday(world, p)) people.isGone[p] = 1;
  expireCoupon(world, p);
  const isActive = people.isGone[p] === 0 && people.kind[p] === KIND.regular;
  if (isActive) useUp(world, p);
  const need = isActive ? needOf(world, p) : 0;
  const factor = dayFactor(world, p);
  const own = day === people.joinDay[p] ? 0 : buyRate(world, p, need, factor);
  const push = people.push[p] === 0 ? 0 : pushWithin(world, p, day, day + 1);
  const prospective = prospectRate(world, p);
  const rate = own + push + prospective;
  const views = isActive
    ? truth.file.need.viewsPerDay * (truth.file.interests.atRest + need) * factor
    : idleViews(world, p);
  if (rate > 0 && happens(world, p, PURPOSE.buy, 1 - Math.exp(-rate))) buy(world, p, push / rate);
  else {
    if (isActive && happens(world, p, PURPOSE.leak, 1 - Math.exp(-leakRate(world, p, need)))) buyElsewhere(world, p);
    if (happens(world, p, PURPOSE.view, views)) browse(world, p, visitLooks(world, p), 0);
  }
  entertain(world, p, isActive);
};

/** Looks a day of those who do not buy: somebody who would, if asked, looks in more often. */
const idleViews = (world: World, p: number): number => {
  const { people, truth } = world;
  const { idleViewsPerDay, sleeperViewsPerDay } = truth.file.need;
  const isSleeper = people.kind[p] === KIND.sleeper && people.isGone[p] === 0;
  return (isSleeper ? sleeperViewsPerDay : idleViewsPerDay) * promotionFactor(world, p);
};

/** The first day: membership, and for most a first order. */
const begin = (world: World, p: number): void => {
  join(world, p);
  const { people, today, truth } = world;
  if (people.kind[p] === KIND.prospect || people.isBot[p] === 1) return;
  const hour = truth.hours.draw(
    people.hourType[p],
    people.hourShift[p],
    today.isWeekend,
    draw(people.key[p], PURPOSE.joining, 2),
  );
  placeOrder(world, p, world.timeOf(p, hour, 0.55 + draw(people.key[p], PURPOSE.joining, 4) * 0.4), 0);
};

/** First orders a day of somebody who has joined without one: most never come, the others soon. */
const prospectRate = ({ people, today, setting }: World, p: number): number => {
  if (people.kind[p] !== KIND.prospect || people.orders[p] > 0) return 0;
  const { conversionDays, sources } = setting.file.people;
  const { conversion } = sources[people.source[p]];
  const since = today.day - people.joinDay[p];
  return (-Math.log(1 - Math.min(conversion, 0.999)) / conversionDays) * Math.exp(-since / conversionDays);
};

/** A robot that reads the shop: many looks at any hour, never an order. */
const roam = (world: World, p: number): void => {
  const { people, today, truth } = world;
  const { botDays, botLooks } = truth.file.interests;
  const u = draw(people.key[p], PURPOSE.bot, today.day + 1);
  if (u < botDays) browse(world, p, Math.ceil((u / botDays) * botLooks), 0);
};

/** A local time of today at which the person does something. */
const ownTime = (world: World, p: number, purpose: number): number => {
  const { people, truth, today } = world;
  const key = people.key[p];
  const type = people.hourType[p];
  const shift = people.hourShift[p];
  const u = draw(key, purpose, today.day * 4 + 2);
  let hour = truth.hours.draw(type, shift, today.isWeekend, u);
  if (today.isPromotionStart) {
    // On the first evening of a promotion all come at once; that they come oftener today does its part already.
    const { burst } = truth.file.calendar;
    const usual = truth.hours.shareAt(type, shift, today.isWeekend, burst.hour);
    const share = (burst.factor * usual) / promotionFactor(world, p);
    if (draw(key, purpose, today.day * 4 + 6001) < Math.min(0.95, share)) hour = burst.hour;
  }
  return world.timeOf(p, hour, draw(key, purpose, today.day * 4 + 3) * 0.95);
};

const buy = (world: World, p: number, pushed: number): void => {
  const { people, today } = world;
  const timeMs = ownTime(world, p, PURPOSE.buyHour);
  const isPushed = draw(people.key[p], PURPOSE.cause, today.day) < pushed;
  const decision = isPushed && today.day - people.pushDay[p] <= CAUSE_DAYS ? people.pushDecision[p] : 0;
  browse(world, p, VIEWS_BEFORE_ORDER, timeMs);
  placeOrder(world, p, timeMs, decision);
};

/** How often somebody looks who comes to look. */
const visitLooks = ({ people, today, truth }: World, p: number): number =>
  Math.ceil(drawExponential(people.key[p], PURPOSE.viewHour, today.day * 4 + 1) * truth.file.interests.visit);

/** Looks at products. @param beforeMs an order that follows, 0 for none */
const browse = (world: World, p: number, views: number, beforeMs: number): void => {
  const { people, today, truth } = world;
  const { interests } = truth.file;
  const key = people.key[p];
  const u = (n: number): number => draw(key, PURPOSE.view, today.day * 64 + 1000 + n);
  const startMs = beforeMs === 0 ? ownTime(world, p, PURPOSE.viewHour) : beforeMs - (views + 2) * 3 * MINUTE_MS;
  const subject = world.webSubject(p, today.day);
  if (u(0) < interests.search)
    world.tell(
      p,
      'search.performed',
      startMs - MINUTE_MS,
      `{"query":"${truth.categories[Math.floor(u(1) * truth.categories.length)]}"}`,
      subject,
    );
  for (let i = 0; i < Math.min(views, LOOKS_MAX); i++) {
    const item = truth.items[likelyItem(world, p, u(2 + i * 2))];
    const dwell = Math.ceil(drawExponential(key, PURPOSE.view, today.day * 64 + 1200 + i) * interests.dwellSeconds);
    world.tell(
      p,
      'product.viewed',
      startMs + i * 2 * MINUTE_MS,
      `{"sku":"${item.sku}","category":"${truth.categories[item.category]}","dwellSeconds":${dwell}}`,
      subject,
    );
    const buysSoon = beforeMs !== 0 && i === views - 1;
    if (people.isBot[p] === 0 && u(3 + i * 2) < (buysSoon ? interests.cartBeforeOrder : interests.cart))
      world.tell(
        p,
        'cart.added',
        startMs + (i * 2 + 1) * MINUTE_MS,
        `{"sku":"${item.sku}","quantity":1,"price":${item.price}}`,
        subject,
      );
  }
};

/** An item of a category that the person uses, more often than not. */
const likelyItem = ({ people, truth }: World, p: number, u: number): number => {
  const i = Math.floor(u * truth.items.length);
  const isUsed = people.use[p * truth.categories.length + truth.items[i].category] > 0;
  return isUsed ? i : (i + 1) % truth.items.length;
};

const expireCoupon = (world: World, p: number): void => {
  const { people, today } = world;
  if (people.couponFace[p] === 0 || people.couponEndMs[p] >= today.startMs) return;
  world.tell(p, 'coupon.expired', people.couponEndMs[p], `{"couponId":"${couponId(world, p)}"}`);
  people.couponFace[p] = 0;
};

/** Content and live sessions that the person comes to by themselves. */
const entertain = (world: World, p: number, isActive: boolean): void => {
  const { today, truth } = world;
  const { content, live, others } = truth.file.interests;
  const share = isActive ? 1 : others;
  if (comes(world, p, PURPOSE.content, content * share, TRAIT.content))
    readContent(world, p, ownTime(world, p, PURPOSE.content), 0);
  if (today.isLiveDay && comes(world, p, PURPOSE.live, live * share, TRAIT.live)) joinLive(world, p, 0);
};

/** Whether somebody does something today that those like more who have the trait. */
const comes = ({ people, today }: World, p: number, purpose: number, base: number, trait: number): boolean => {
  const u = draw(people.key[p], purpose, today.day);
  // Nobody comes oftener than every other day; most days need no exponential.
  return u < COMES_MAX && u < base * Math.exp(people.trait[p * TRAITS.length + trait]);
};

/** Opens tracked material. @param decision that led to it, 0 for none */
export const readContent = (world: World, p: number, timeMs: number, decision: number): void => {
  const { people, today, truth } = world;
  const { interests } = truth.file;
  const key = people.key[p];
  const u = (n: number): number => draw(key, PURPOSE.content, today.day * 8 + 1000 + n);
  const own = people.priceClass[p] + people.role[p];
  const topic = TOPICS[(u(0) < interests.ownTopic ? own : Math.floor(u(1) * TOPICS.length)) % TOPICS.length];
  const content = `"contentId":"c-${Math.floor(u(2) * 60)}","topic":"${topic}"`;
  const cause = decision === 0 ? '' : `,"decisionId":"${decisionId(world, p, decision)}"`;
  world.tell(p, 'content.opened', timeMs, `{${content}${cause}}`);
  if (u(3) < interests.read) {
    const seconds = Math.ceil(drawExponential(key, PURPOSE.content, today.day * 8 + 1005) * interests.readSeconds);
    world.tell(p, 'content.dwelled', timeMs + seconds * 1000, `{${content},"seconds":${seconds}${cause}}`);
  }
  if (u(4) < interests.share * sigmoid(people.trait[p * TRAITS.length + TRAIT.referring]))
    world.tell(p, 'content.shared', timeMs + 3 * MINUTE_MS, `{${content}${cause}}`);
};

/** Comes to the evening's live session. @param decision that led to it, 0 for none */
export const joinLive = (world: World, p: number, decision: number): void => {
  const { people, today, truth } = world;
  const { interests } = truth.file;
  const key = people.key[p];
  const joinMs =
    today.startMs + (interests.liveHour - DAY_BEGINS_HOUR + draw(key, PURPOSE.live, today.day * 8 + 2001)) * HOUR_MS;
  const seconds = Math.ceil(
    Math.min(7200, drawExponential(key, PURPOSE.live, today.day * 8 + 2002) * interests.liveSeconds),
  );
  const cause = decision === 0 ? '' : `,"decisionId":"${decisionId(world, p, decision)}"`;
  world.tell(p, 'live.joined', joinMs, `{"sessionId":"live-${today.day + 1000}"${cause}}`);
  world.tell(
    p,
    'live.left',
    joinMs + seconds * 1000,
    `{"sessionId":"live-${today.day + 1000}","seconds":${seconds}${cause}}`,
  );
  if (people.isGone[p] === 0 && people.kind[p] !== KIND.prospect) {
    const need = people.kind[p] === KIND.regular ? needOf(world, p) : interests.sleeperNeed;
    const orders = interests.liveOrders * Math.min(1, seconds / 3600) * need;
    pushFrom(world, p, world.dayAt(joinMs + seconds * 1000), orders);
  }
};

/** Befriended through a contact. */
export const befriend = (world: World, p: number, timeMs: number): void => {
  world.ledger.relations += world.truth.file.value.friend;
  addFriend(world, p, timeMs, 'campaign');
};
