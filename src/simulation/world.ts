import type { EventType } from '../events/catalogue.ts';
import { Arrivals } from './arrivals.ts';
import { BUSINESS_OFFSET_HOURS, DAY_BEGINS_HOUR, DAY_MS, HOUR_MS, type MarketDay } from './calendar.ts';
import { draw, drawExponential, PURPOSE } from './draws.ts';
import { customerId, eventText } from './event-text.ts';
import type { Figures } from './figures.ts';
import type { Ledger } from './ledger.ts';
import { ALIAS, People } from './people.ts';
import type { Setting } from './setting.ts';
import type { Truth } from './truth.ts';

const MINUTE_MS = 60_000;
const SHUFFLED_MINUTES = 20;
const DUPLICATE_HOURS = 3;

/** Some people on a day of the market: what all that happens to them works on. */
export class World {
  readonly setting: Setting;
  readonly people: People;
  readonly ledger: Ledger;
  readonly figures: Figures;
  readonly arrivals: Arrivals;
  /** Without anybody who reads them no events are written. */
  readonly isSilent: boolean;
  truth: Truth;
  today: MarketDay;
  /** Ids that decisions have elsewhere, where somebody else advises. */
  adviceIds: Map<number, string> | undefined;

  /** @param first number of the first of them among all customers */
  constructor(setting: Setting, first: number, count: number, isSilent: boolean, ledger: Ledger, figures: Figures) {
    this.setting = setting;
    this.ledger = ledger;
    this.figures = figures;
    this.isSilent = isSilent;
    this.truth = setting.truthOn(setting.firstDay);
    this.today = setting.dayOf(setting.firstDay);
    const { categories, tastes, channels } = this.truth;
    this.people = new People(first, count, categories.length, tastes.length, channels.length);
    this.arrivals = new Arrivals(this.today.startMs);
  }

  beginDay(day: number): void {
    this.truth = this.setting.truthOn(day);
    this.today = this.setting.dayOf(day);
  }

  idOf(p: number): string {
    return customerId(this.setting.seed, this.people.first + p);
  }

  /** An opaque token in place of a phone number or an account. */
  aliasOf(p: number, scheme: keyof typeof ALIAS): string {
    const token = Math.floor(draw(this.people.key[p], PURPOSE.alias, 100 + ALIAS[scheme]) * 2 ** 32).toString(36);
    return `${scheme}:${token}x${(this.people.first + p).toString(36)}s${this.setting.seed}`;
  }

  /** Under which id something done on the web is told. */
  webSubject(p: number, n: number): string {
    const { people } = this;
    const isOwn =
      people.linkDay[p] === NO_OPENID ||
      draw(people.key[p], PURPOSE.alias, 200 + n) >= this.truth.file.observation.openid;
    return isOwn ? this.idOf(p) : this.aliasOf(p, 'openid');
  }

  /** The time of a local hour of today, which begins at nine in the morning of the business. */
  timeOf(p: number, localHour: number, u: number): number {
    const { utcOffsetHours } = this.setting.file.people.zones[this.people.zone[p]];
    const sinceStart = localHour - utcOffsetHours + BUSINESS_OFFSET_HOURS - DAY_BEGINS_HOUR;
    return this.today.startMs + ((((sinceStart % 24) + 24) % 24) + u) * HOUR_MS;
  }

  /** The local hour of a person at a time. */
  hourAt(p: number, ms: number): number {
    const { utcOffsetHours } = this.setting.file.people.zones[this.people.zone[p]];
    return Math.floor(ms / HOUR_MS + utcOffsetHours) % 24;
  }

  /** Days since the first decision, with their fraction. */
  dayAt(ms: number): number {
    return (ms - this.setting.startMs) / DAY_MS;
  }

  /** Tells something: late, twice or out of order now and then. */
  tell(p: number, type: EventType, timeMs: number, data: string, subject = ''): void {
    if (timeMs >= this.setting.endMs) return;
    this.figures.events++;
    if (type === 'product.viewed' || type === 'order.placed') this.figures.countHour(timeMs);
    if (this.isSilent) return;
    const { people, setting } = this;
    const { observation } = setting.file;
    const n = people.sequence[p]++;
    const id = `${setting.seed}-${people.first + p}-${n}`;
    const text = eventText(type, id, subject === '' ? this.idOf(p) : subject, timeMs, data);
    const key = people.key[p];
    const u = draw(key, PURPOSE.observed, n);
    let arrivalMs = timeMs;
    if (u < observation.late)
      arrivalMs += (1 / 6 + drawExponential(key, PURPOSE.delay, -n - 1) * observation.lateHours) * HOUR_MS;
    else if (u < observation.late + observation.shuffled)
      arrivalMs += draw(key, PURPOSE.delay, -n - 1) * SHUFFLED_MINUTES * MINUTE_MS;
    this.arrivals.add(arrivalMs, text);
    if (u >= 1 - observation.duplicates)
      this.arrivals.add(arrivalMs + draw(key, PURPOSE.delay, -n - 1) * DUPLICATE_HOURS * HOUR_MS, text);
  }
}

/** Value of `linkDay` for those who have no openid. */
export const NO_OPENID = 0x7fffffff;
