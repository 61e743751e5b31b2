import { buyRate, dayFactor, leakRate, needOf } from './need.ts';
import { expectedMargin, expectedPrice } from './orders.ts';
import { annoyance, irritationOf, linked, pushWithin, reachChance, responseOdds } from './response.ts';
import type { Action } from './truth.ts';
import { KIND } from './words.ts';
import type { World } from './world.ts';

/** Days looked at each for itself, and beyond which the last one's rates hold for a while. */
export const PATH_DAYS = 14;
const BEYOND_DAYS = 45;
/** What a customer who comes back is worth beyond the next order: the orders of so many days at most. */
const FUTURE_DAYS_MAX = 60;
/** Share of days on which a regular customer needs something, in the long run. */
const LASTING_NEED = 0.35;

/** What would come of each contact with one person this morning. */
export class Outlook {
  /** Of the last call of {@link worthOf}. */
  value = 0;
  hour = 0;
  /** P(an order) with the contact seen, and without it: soon, or later of the need that is left. */
  buyContacted = 0;
  buyHold = 0;
  /** P(an order within {@link PATH_DAYS}) with the contact seen, and without it. */
  soonContacted = 0;
  soonHold = 0;
  /** Of the last call of `chanceOfOrder`. */
  private soon = 0;
  private p = 0;
  private bits = 0;
  private need = 0;
  private annoyed = 0;
  /** Money that a further order brings, now and later. */
  private margin = 0;
  private price = 0;
  /** Money that is lost when they go. */
  private future = 0;
  private readonly rates = new Float64Array(PATH_DAYS);
  private readonly leaks = new Float64Array(PATH_DAYS);
  /** Best hour by channel and its reach, worked out when first asked for. */
  private readonly hours = new Int8Array(16);
  private readonly reaches = new Float64Array(16);

  look(world: World, p: number, bits: number): void {
    const { people, today, setting, truth } = world;
    this.p = p;
    this.bits = bits;
    this.hours.fill(-1);
    const isRegular = people.kind[p] === KIND.regular && people.isGone[p] === 0;
    this.need = isRegular ? needOf(world, p) : 0;
    this.annoyed = annoyance(world, irritationOf(world, p, today.day));
    const factor = dayFactor(world, p);
    for (let i = 0; i < PATH_DAYS; i++) {
      const need = isRegular ? (i === 0 ? this.need : needOf(world, p, i)) : 0;
      // Of the days ahead the calendar's mean is known well enough.
      this.rates[i] =
        buyRate(world, p, need, i === 0 ? factor : 1) + pushWithin(world, p, today.day + i, today.day + i + 1);
      this.leaks[i] = leakRate(world, p, need);
    }
    this.buyHold = this.chanceOfOrder(0, truth.file.response.delayDays);
    this.soonHold = this.soon;
    this.price = expectedPrice(world, p, isRegular);
    this.margin = expectedMargin(world, p, isRegular);
    const daysLeft = Math.min(FUTURE_DAYS_MAX, setting.days - today.day);
    const { tripsPerDay, leakPerDay, awakening } = truth.file.need;
    // In the long run need is felt on part of the days only; a cycle's orders come when it is.
    const lasting =
      expectedMargin(world, p, true) *
      daysLeft *
      tripsPerDay *
      LASTING_NEED *
      (tripsPerDay / (tripsPerDay + leakPerDay));
    this.future = isRegular ? lasting : 0;
    if (people.kind[p] === KIND.sleeper) this.margin += awakening * lasting;
  }

  worthOf(world: World, action: number, channel: number): this {
    const { p } = this;
    const { people, truth } = world;
    const act = truth.actions[action];
    const kind = truth.channels[channel];
    const { irritation, value } = truth.file;
    if (this.hours[channel] < 0) this.findHour(world, channel);
    const reach = this.reaches[channel];
    const units = kind.irritation * people.irritability[p];
    const strength = act.lift * linked(world, responseOdds(world, p, act, channel, this.bits, this.need, this.annoyed));
    const gain = this.gainOf(world, act, strength);
    const annoyedAfter = annoyance(world, irritationOf(world, p, world.today.day) + units);
    const half = act.kind === 'sell' ? 1 : irritation.gentle;
    const goodwill =
      half * annoyedAfter * (irritation.leave * this.future + irritation.unfriend * people.isFriend[p] * value.friend);
    let discount = 0;
    if (act.face > 0) {
      const { redeem } = world.setting.file.people.priceClasses[people.priceClass[p]];
      const buys = reach * this.buyContacted + (1 - reach) * this.buyHold;
      discount = buys * redeem * Math.min(act.face, world.setting.file.people.basket.couponMax * this.price);
    }
    this.hour = this.hours[channel];
    this.value = reach * gain - discount - kind.cost - units * value.irritation - goodwill;
    return this;
  }

  /** Money that seeing the contact brings. */
  private gainOf(world: World, action: Action, strength: number): number {
    const { people, truth } = world;
    const { response, value } = truth.file;
    this.buyContacted = this.buyHold;
    this.soonContacted = this.soonHold;
    switch (action.result) {
      case 'order':
      case 'content':
        this.buyContacted = this.chanceOfOrder(strength, response.delayDays);
        this.soonContacted = this.soon;
        return (this.buyContacted - this.buyHold) * this.margin;
      case 'live': {
        const isBuyer = people.isGone[this.p] === 0 && people.kind[this.p] !== KIND.prospect;
        const { liveSeconds, liveOrders, sleeperNeed } = truth.file.interests;
        const hours = liveSeconds / 3600;
        // The mean of an exponential time, of which an hour counts at most.
        const counted = hours * (1 - Math.exp(-1 / hours));
        const need = people.kind[this.p] === KIND.regular ? this.need : sleeperNeed;
        const orders = isBuyer ? liveOrders * counted * need : 0;
        const buys = this.chanceOfOrder(orders, response.delayDays);
        return Math.min(1, strength) * (buys - this.buyHold) * this.margin;
      }
      case 'friend':
        return Math.min(1, strength) * value.friend;
      case 'referral':
        return Math.min(1, strength) * value.referral;
      case 'calm':
        // A good word earns nothing by itself: irritation is paid for when it is caused.
        return 0;
    }
  }

  /** P(an order): within the path, or of the need that is left then. @param pushed orders that a contact adds */
  private chanceOfOrder(pushed: number, delayDays: number): number {
    let open = 1;
    let bought = 0;
    for (let i = 0; i < PATH_DAYS; i++) {
      const push = pushed === 0 ? 0 : pushed * (Math.exp(-i / delayDays) - Math.exp(-(i + 1) / delayDays));
      const buying = this.rates[i] + push;
      const rate = buying + this.leaks[i];
      if (rate < 1e-9) continue;
      const closes = 1 - Math.exp(-rate);
      bought += (open * closes * buying) / rate;
      open *= 1 - closes;
    }
    this.soon = bought;
    const rate = this.rates[PATH_DAYS - 1];
    const all = rate + this.leaks[PATH_DAYS - 1];
    return bought + (all < 1e-9 ? 0 : (open * rate * (1 - Math.exp(-all * BEYOND_DAYS))) / all);
  }

  /** The chance that a contact is seen at an hour of the person's day. */
  reachAt(world: World, channel: number, hour: number): number {
    return reachChance(world, this.p, channel, hour, world.today.isWeekend, this.annoyed);
  }

  private findHour(world: World, channel: number): void {
    const { fromHour, toHour } = world.setting.file.decisions;
    let best = -1;
    for (let hour = fromHour; hour < toHour; hour++) {
      const reach = this.reachAt(world, channel, hour);
      if (reach <= best) continue;
      best = reach;
      this.hours[channel] = hour;
    }
    this.reaches[channel] = best;
  }
}
