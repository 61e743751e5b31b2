import type { FeatureSpec } from '../../src/features/kind.ts';
import { type Question, seconds, unitSec, type WrittenSpec, weightAfter } from './question.ts';
import { inTime, numberAt, type Selection, type SlowEvent, secOf, select, withItems } from './slow-event.ts';
import { attributeAt, groupContributions } from './slow-groups.ts';
import { affinityStat, contactsStat, rhythmStat, runOutStat } from './slow-newest.ts';
import { actionStat, daysToAnniversary, distinctEstimate, priceStat, tagValue } from './slow-profile.ts';
import { channelStat, consentGiven, derivedValue } from './slow-reach.ts';

const DAY = 86_400;

const present = (values: readonly (number | undefined)[]): number[] =>
  values.filter((value): value is number => value !== undefined);

/** A number that a float32 can hold. */
const finite = (value: number): number => Math.max(-3.4e38, Math.min(3.4e38, value));

/** Adds in whole steps of the unit, as a ledger would: 2 digits for money with 2 minor digits, 3 for all else. */
const exactSum = (values: readonly number[], digits: number): number => {
  const total = values.map((value) => BigInt(value.toFixed(digits).replace('.', ''))).reduce((a, b) => a + b, 0n);
  return Number(total) / 10 ** digits;
};

const digitsOf = (spec: WrittenSpec, question: Question): number => (spec.unit === 'money' ? question.minorDigits : 3);

/** Σ amount × 2^(-age / half-life) over the customer's events, or over everybody's with the same key. */
const weightedSum = (
  spec: WrittenSpec,
  selection: Selection,
  question: Question,
  own: readonly SlowEvent[],
): number => {
  const amounts =
    spec.by === undefined
      ? select(own, selection).map((event) => ({
          sec: secOf(event),
          amount: spec.field === undefined ? 1 : numberAt(event.data, spec.field),
        }))
      : groupContributions(spec, selection, question);
  return amounts
    .filter(({ amount }) => amount !== undefined)
    .reduce((sum, { sec, amount }) => sum + amount! * weightAfter(question.sec - sec, spec.halfLife), 0);
};

const smoothed = (hits: number, trials: number, { rate, weight }: { rate: number; weight: number }): number =>
  (hits + weight * rate) / (trials + weight);

type Slow = (spec: WrittenSpec, question: Question, own: readonly SlowEvent[], values: Map<string, number>) => number;

const moment =
  (last: boolean): Slow =>
  (spec, { sec }, own) => {
    const events = inTime(select(own, spec)).filter(
      ({ data }) => spec.field === undefined || numberAt(data, spec.field) !== undefined,
    );
    const event = last ? events.at(-1) : events[0];
    if (event === undefined) return spec.default ?? 0;
    return spec.field === undefined
      ? (sec - secOf(event)) / unitSec(spec)
      : Math.fround(numberAt(event.data, spec.field)!);
  };

/** To the time told by the last event, in its last second by the one that tells the greatest. */
const timeLeft: Slow = (spec, { sec }, own) => {
  const events = select(own, spec);
  const last = Math.max(...events.map(secOf));
  const told = events
    .filter((event) => secOf(event) === last)
    .map(({ data }) => data[spec.field as string])
    .filter((time) => time !== undefined)
    .map((time) => Math.min(2 ** 32 - 1, Math.max(1, Math.floor(Date.parse(time as string) / 1000))));
  return told.length === 0 ? (spec.default ?? 0) : (Math.max(...told) - sec) / unitSec(spec);
};

const extreme =
  (of: (...values: number[]) => number): Slow =>
  (spec, _question, own) => {
    const values = present(select(own, spec).map(({ data }) => numberAt(data, spec.field!)));
    return values.length === 0 ? (spec.default ?? 0) : Math.fround(of(...values));
  };

/** Events by hour or weekday (Monday = 0) of the business; a bin counts no further than its bits do. */
const bins = (spec: WrittenSpec, events: readonly SlowEvent[], { sec, zoneOffsetSec }: Question): number[] => {
  const isHour = spec.bins === 'hour';
  const histogram = new Array<number>(isHour ? 24 : 7).fill(0);
  for (const event of events) {
    const local = new Date((secOf(event) + zoneOffsetSec) * 1000);
    const bin = isHour ? local.getUTCHours() : (local.getUTCDay() + 6) % 7;
    histogram[bin] += weightAfter(sec - secOf(event), spec.halfLife);
  }
  return spec.halfLife === undefined ? histogram.map((n) => Math.min(n, isHour ? 255 : 65_535)) : histogram;
};

const SLOW: Readonly<Record<string, Slow>> = {
  count: (spec, question, own) => weightedSum(spec, spec, question, own),
  sum: (spec, question, own) => {
    const values =
      spec.by === undefined
        ? select(own, spec).map(({ data }) => numberAt(data, spec.field!))
        : groupContributions(spec, spec, question).map(({ amount }) => amount);
    return exactSum(present(values), digitsOf(spec, question));
  },
  min: extreme(Math.min),
  max: extreme(Math.max),
  first: moment(false),
  last: moment(true),
  until: timeLeft,
  decayed: (spec, question, own) => weightedSum(spec, spec, question, own),
  window: (spec, question, own) => {
    const bucket = seconds(spec.bucket!);
    const now = Math.floor(question.sec / bucket);
    const inside = select(own, spec).filter(
      (event) => Math.floor(secOf(event) / bucket) > now - seconds(spec.window!) / bucket,
    );
    if (spec.field === undefined) return inside.length;
    return exactSum(present(inside.map(({ data }) => numberAt(data, spec.field!))), digitsOf(spec, question));
  },
  activeDays: (spec, { sec }, own) => {
    const active = new Set(select(own, spec).map((event) => Math.floor(secOf(event) / DAY)));
    const today = Math.floor(sec / DAY);
    if (spec.stat !== 'streak') return [...active].filter((day) => day > today - spec.days).length;
    let day = active.has(today) ? today : today - 1;
    let run = 0;
    for (; active.has(day) && run < spec.days; day--) run++;
    return run;
  },
  gap: (spec, _question, own) => {
    const events = inTime(select(own, spec));
    if (events.length < 2) return spec.default ?? 0;
    return (secOf(events.at(-1)!) - secOf(events[0])) / (events.length - 1) / unitSec(spec);
  },
  hours: (spec, question, own) => {
    const total = (histogram: readonly number[]): number => histogram.reduce((a, b) => a + b, 0);
    const hits = bins(spec, select(own, spec), question);
    const among = spec.of === undefined ? hits : bins(spec, select(own, spec.of), question);
    const inside = total(hits.slice(spec.from, spec.to));
    return smoothed(inside, spec.of === undefined ? total(hits) : total(among.slice(spec.from, spec.to)), spec.prior);
  },
  rate: (spec, question, own) =>
    smoothed(weightedSum(spec, spec, question, own), weightedSum(spec, spec.of, question, own), spec.prior),
  rhythm: rhythmStat,
  runOut: runOutStat,
  affinity: affinityStat,
  contacts: contactsStat,
  distinct: distinctEstimate,
  action: actionStat,
  tags: tagValue,
  anniversary: daysToAnniversary,
  priceSensitivity: priceStat,
  channel: channelStat,
  attribute: (spec, { sec }, own) => {
    const told = attributeAt(own, spec.attribute);
    const missing = spec.default ?? 0;
    if (spec.stat === 'since') return told === undefined ? missing : (sec - told.sec) / unitSec(spec);
    const value = typeof told?.value === 'boolean' ? Number(told.value) : told?.value;
    const vocabulary: readonly string[] | undefined =
      spec.vocabulary ?? (spec.is === undefined ? undefined : [spec.is]);
    if (vocabulary === undefined) return typeof value === 'number' ? Math.fround(finite(value)) : missing;
    return typeof value === 'string' ? vocabulary.indexOf(value) + 1 : missing;
  },
  flag: (spec, _question, own) => {
    const setting = new Set(select(own, spec));
    const either = inTime(own.filter((event) => setting.has(event) || select([event], spec.off).length > 0));
    return Number(either.length > 0 && setting.has(either.at(-1)!));
  },
  consent: consentGiven,
  derived: derivedValue,
};

/**
 * Every feature of a customer at a time, recomputed from the whole list of events with nothing kept in between:
 * the obvious twin of what rows, cells and groups compute step by step.
 * @returns values by name
 */
export const slowFeatures = (
  specs: readonly FeatureSpec[],
  asked: Omit<Question, 'contactsMax'>,
): Map<string, number> => {
  const contactsMax = Math.max(0, ...specs.map((spec) => (spec.kind === 'contacts' ? (spec as WrittenSpec).last : 0)));
  const question = { ...asked, contactsMax, all: withItems(asked.all, asked.items) };
  const own = question.all.filter(({ customer }) => customer === question.customer);
  const values = new Map<string, number>();
  for (const spec of specs as readonly WrittenSpec[])
    values.set(spec.name, SLOW[spec.kind](spec, question, own, values));
  return values;
};
