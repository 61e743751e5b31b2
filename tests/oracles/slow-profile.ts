import { textHash } from '../../src/base/text-hash.ts';
import { type Question, unitSec, type WrittenSpec } from './question.ts';
import { inTime, numberAt, partsOf, type SlowEvent, secOf, select } from './slow-event.ts';
import { attributeAt } from './slow-groups.ts';

/** Linear counting, over the documented hash: the estimate that so many different values give. */
export const distinctEstimate = (spec: WrittenSpec, _question: Question, own: readonly SlowEvent[]): number => {
  const bits = spec.bits ?? 64;
  const field = spec.field!;
  const values = select(own, spec).flatMap(({ data }) => {
    if (!field.startsWith('lines.')) return [data[field]];
    return data.lines === undefined ? [] : partsOf(data).map((line) => line[field.slice(6)]);
  });
  const known = values.filter((value) => value !== undefined && value !== null);
  const set = new Set(known.map((value) => textHash(String(value)) % bits));
  return set.size === 0 ? 0 : bits * Math.log(bits / Math.max(1, bits - set.size));
};

/** Actions whose hashes fall into one slot are one. */
export const actionStat = (spec: WrittenSpec, { sec, keys }: Question, own: readonly SlowEvent[]): number => {
  const asked = spec.action ?? keys.action;
  const here = own.filter(
    ({ data }) =>
      asked !== undefined && data.actionId !== undefined && slotOf(data.actionId, spec) === slotOf(asked, spec),
  );
  const sent = inTime(select(here, { event: 'contact.sent' }));
  const n = Math.min(255, sent.length);
  const k = Math.min(255, select(here, { events: ['contact.clicked', 'contact.replied'] }).length);
  if (spec.stat === 'sent') return n;
  if (spec.stat === 'responded') return k;
  if (spec.stat === 'rate') return (k + spec.prior.weight * spec.prior.rate) / (n + spec.prior.weight);
  if (n === 0) return spec.default ?? 0;
  return ((Math.floor(sec / 86_400) - Math.floor(secOf(sent.at(-1)!) / 86_400)) * 86_400) / unitSec(spec);
};

const slotOf = (action: unknown, spec: WrittenSpec): number => textHash(action as string) % spec.slots;

/** Whether an event says that a tag is on or off; undefined where it says nothing. */
const told = ({ data }: SlowEvent, tag: string): boolean | undefined => {
  const lists = [(data.attributes as { tags?: string[] }).tags, data.tagsAdded, data.tagsRemoved] as (
    | string[]
    | undefined
  )[];
  if (lists[2]?.includes(tag)) return false;
  return lists[1]?.includes(tag) ? true : lists[0]?.includes(tag);
};

export const tagValue = (spec: WrittenSpec, _question: Question, own: readonly SlowEvent[]): number => {
  const updates = inTime(select(own, { event: 'profile.updated' }));
  if (spec.tag !== undefined) {
    const said = updates.filter((event) => told(event, spec.tag!) !== undefined);
    const latest = said.filter((event) => secOf(event) === secOf(said.at(-1)!));
    return Number(latest.some((event) => told(event, spec.tag!)));
  }
  const others = (tags: unknown): number =>
    new Set(((tags ?? []) as string[]).filter((tag) => !spec.except.includes(tag))).size;
  const list = updates
    .map(({ data }) => (data.attributes as { tags?: string[] }).tags)
    .findLast((tags) => tags !== undefined);
  const net = updates.reduce((sum, { data }) => sum + others(data.tagsAdded) - others(data.tagsRemoved), 0);
  return Math.max(0, others(list) + net);
};

const DAY_MS = 86_400_000;

/** Tries one day after the other until one has the date; 29 February is 1 March in years without it. */
export const daysToAnniversary = (spec: WrittenSpec, question: Question, own: readonly SlowEvent[]): number => {
  const missing = spec.default ?? 0;
  const localDay = (sec: number): number => Math.floor((sec + question.zoneOffsetSec) / 86_400);
  const today = localDay(question.sec);
  let month: number;
  let date: number;
  let from = today;
  if (spec.attribute === undefined) {
    const first = inTime(select(own, spec))[0];
    if (first === undefined) return missing;
    const day = new Date(localDay(secOf(first)) * DAY_MS);
    [month, date] = [day.getUTCMonth() + 1, day.getUTCDate()];
    if (localDay(secOf(first)) === today) from++;
  } else {
    const value = attributeAt(own, spec.attribute)?.value;
    const written = typeof value === 'string' ? value.slice(-5).split('-').map(Number) : [];
    if (written.length !== 2 || !(written[0] >= 1 && written[0] <= 12 && written[1] >= 1)) return missing;
    [month, date] = written;
    if (new Date(Date.UTC(2000, month - 1, date)).getUTCMonth() !== month - 1) return missing;
  }
  for (let day = from; ; day++) {
    const that = new Date(day * DAY_MS);
    const isLeap = new Date(Date.UTC(that.getUTCFullYear(), 1, 29)).getUTCMonth() === 1;
    const [m, d] = month === 2 && date === 29 && !isLeap ? [3, 1] : [month, date];
    if (that.getUTCMonth() + 1 === m && that.getUTCDate() === d) return day - today;
  }
};

export const priceStat = (spec: WrittenSpec, { minorDigits }: Question, own: readonly SlowEvent[]): number => {
  const orders = select(own, { event: 'order.placed' });
  if (orders.length === 0) return spec.default ?? 0;
  const coupons = select(own, { event: 'coupon.redeemed' }).length;
  const minor = ({ data }: SlowEvent, field: string): number =>
    Math.round((numberAt(data, field) ?? 0) * 10 ** minorDigits);
  const sum = (field: string): number => orders.reduce((total, event) => total + minor(event, field), 0);
  const { rate, weight } = spec.prior;
  const given = sum('discount');
  const depth = given === 0 ? 0 : given / (given + sum('amount'));
  const score = Math.min(1, Math.max((coupons + weight * rate) / (orders.length + weight), depth / (spec.deep ?? 0.3)));
  if (spec.stat === 'score') return score;
  return 1 + Number(score >= spec.middle) + Number(score >= spec.high);
};
