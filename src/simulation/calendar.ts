import { parseTime } from '../base/clock.ts';
import type { MarketFile } from './market-schema.ts';

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
/** A day of the market begins at this hour of the business, when decisions are taken: what comes later is not known yet. */
export const DAY_BEGINS_HOUR = 9;
/** The business's clock: hours of its day, promotions and decisions are told in it. */
export const BUSINESS_OFFSET_HOURS = 8;

/** What a day of the market is like. Days count from the first decision; those of the history are below 0. */
export interface MarketDay {
  readonly day: number;
  /** When it begins. */
  readonly startMs: number;
  /** 0 is Monday. */
  readonly weekday: number;
  readonly isWeekend: boolean;
  /** Times the usual rate of buying, without a promotion. */
  readonly factor: number;
  /** Times the usual rate of buying of the middle price class; 1 outside promotions. */
  readonly promotion: number;
  readonly isPromotionStart: boolean;
  readonly isLiveDay: boolean;
  /** Names of the festivals that are on. */
  readonly festivals: readonly string[];
  /** Month and day as `month * 32 + day`. */
  readonly monthDay: number;
  /** 0 to 1, over the year. */
  readonly yearShare: number;
}

const DAYS_IN_YEAR = 365.25;

/** When day 0 begins. */
export const startMsOf = (market: MarketFile): number =>
  parseTime(`${market.start}T00:00:00Z`) + (DAY_BEGINS_HOUR - BUSINESS_OFFSET_HOURS) * HOUR_MS;

export const marketDay = (market: MarketFile, day: number): MarketDay => {
  const { calendar } = market;
  const startMs = startMsOf(market) + day * DAY_MS;
  const local = new Date(startMs + BUSINESS_OFFSET_HOURS * HOUR_MS);
  const weekday = (local.getUTCDay() + 6) % 7;
  const festivals = calendar.festivals.filter((span) => dayWithin(local, span) >= 0);
  const promotions = calendar.promotions.filter((span) => dayWithin(local, span) >= 0);
  return {
    day,
    startMs,
    weekday,
    isWeekend: weekday >= 5,
    factor: festivals.reduce((factor, span) => factor * span.factor, calendar.weekday[weekday]),
    promotion: promotions.reduce((factor, span) => Math.max(factor, span.factor), 1),
    isPromotionStart: promotions.some((span) => dayWithin(local, span) === 0),
    isLiveDay: calendar.liveDays.includes(weekday),
    festivals: festivals.map(({ name }) => name),
    monthDay: (local.getUTCMonth() + 1) * 32 + local.getUTCDate(),
    yearShare: (startMs / DAY_MS / DAYS_IN_YEAR) % 1,
  };
};

/** Days since the span's first day, -1 outside it. A span may run over the end of the year. */
const dayWithin = (local: Date, span: { readonly day: string; readonly days: number }): number => {
  for (const year of [local.getUTCFullYear(), local.getUTCFullYear() - 1]) {
    const since = Math.floor((local.getTime() - parseTime(`${year}-${span.day}T00:00:00Z`)) / DAY_MS);
    if (since >= 0 && since < span.days) return since;
  }
  return -1;
};
