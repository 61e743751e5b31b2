import { textHash } from '../../src/base/text-hash.ts';
import { type Question, seconds, unitSec, type WrittenSpec, weightAfter } from './question.ts';
import { inTime, partsOf, type SlowEvent, secOf, select } from './slow-event.ts';

/** Kinds that keep the newest inputs only: what they forget is forgotten here too, from the whole list each time. */

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

export const rhythmStat = (spec: WrittenSpec, _question: Question, own: readonly SlowEvent[]): number => {
  const times = inTime(select(own, spec)).map(secOf).slice(-spec.last);
  const gaps = times.slice(1).map((sec, i) => sec - times[i]);
  const missing = spec.default ?? 0;
  if (gaps.length < (spec.stat === 'mean' ? 1 : 2)) return missing;
  const usual = mean(gaps);
  const variance = gaps.map((gap) => (gap - usual) ** 2).reduce((a, b) => a + b) / (gaps.length - 1);
  switch (spec.stat) {
    case 'mean':
      return usual / unitSec(spec);
    case 'variance':
      return variance / unitSec(spec) ** 2;
    case 'deviation':
      return Math.sqrt(variance) / unitSec(spec);
    default:
      return usual === 0 ? missing : Math.sqrt(variance) / usual;
  }
};

/** 136 years: more than a word of seconds can say. */
const SUPPLY_MAX = 2 ** 32 - 1;

interface Input {
  readonly sec: number;
  readonly key: string;
  /** Seconds that it lasts, 0 where nobody says. */
  readonly supply: number;
}

const supplyOf = (part: Readonly<Record<string, unknown>>): number => {
  const days = part.supplyDays ?? (part['item.supplyDays'] as number) * ((part.quantity as number) ?? 1);
  return Number.isNaN(days) ? 0 : Math.round((days as number) * 86_400);
};

/** The newest inputs, newest first: those of one second and key are one; within a second the greater hash is newer. */
const newest = (spec: WrittenSpec, own: readonly SlowEvent[]): Input[] => {
  const found = new Map<string, Input>();
  for (const event of select(own, spec))
    for (const part of partsOf(event.data)) {
      const value = part[spec.key!] ?? (spec.key === 'category' ? part['item.category'] : undefined);
      if (value === undefined || value === null) continue;
      const key = String(value);
      const sec = secOf(event);
      const place = JSON.stringify([sec, key]);
      found.set(place, { sec, key, supply: Math.min(SUPPLY_MAX, (found.get(place)?.supply ?? 0) + supplyOf(part)) });
    }
  return [...found.values()].sort((a, b) => b.sec - a.sec || textHash(b.key) - textHash(a.key)).slice(0, spec.last);
};

const shares = (inputs: readonly Input[], weight: (input: Input) => number): Map<string, number> => {
  const total = inputs.map(weight).reduce((a, b) => a + b, 0);
  const of = new Map<string, number>();
  for (const input of inputs) of.set(input.key, (of.get(input.key) ?? 0) + weight(input) / total);
  return of;
};

export const affinityStat = (spec: WrittenSpec, _question: Question, own: readonly SlowEvent[]): number => {
  const inputs = newest(spec, own);
  const missing = spec.default ?? 0;
  if (inputs.length === 0) return missing;
  const of = shares(inputs, ({ sec }) => weightAfter(inputs[0].sec - sec, spec.halfLife));
  switch (spec.stat) {
    case 'share':
      return of.get(spec.only!) ?? 0;
    case 'top':
      return [...of.values()]
        .sort((a, b) => b - a)
        .slice(0, spec.top ?? 1)
        .reduce((a, b) => a + b);
    case 'last':
      return Number(inputs[0].key === spec.only);
    case 'count':
      return of.size;
    default: {
      if (inputs.length < 2) return missing;
      const half = Math.ceil(inputs.length / 2);
      const newer = shares(inputs.slice(0, half), () => 1);
      const older = shares(inputs.slice(half), () => 1);
      return mean([...of.keys()].map((key) => Math.abs((newer.get(key) ?? 0) - (older.get(key) ?? 0)))) * (of.size / 2);
    }
  }
};

/** What is left of one key's purchases, oldest first: undefined where there is no telling or it was given up. */
const clockOf = (bought: readonly Input[], spec: WrittenSpec, sec: number) => {
  const last = bought.at(-1)!;
  const elapsed = last.sec - bought[0].sec;
  const usual = bought.length > 1 ? elapsed / (bought.length - 1) : 0;
  const supplies = bought.map(({ supply }) => (supply === 0 ? usual : supply));
  const weight = (spec.weight ?? 2) * mean(supplies);
  if (weight === 0) return undefined;
  const used = supplies.slice(0, -1).reduce((a, b) => a + b, 0);
  const pace = (elapsed + weight) / (used + weight);
  let emptyAt = 0;
  for (const [i, { sec: at }] of bought.entries()) emptyAt = Math.max(emptyAt, at) + supplies[i] * pace;
  const left = emptyAt - sec;
  return left < -supplies.at(-1)! * pace ? undefined : { left, pace };
};

export const runOutStat = (spec: WrittenSpec, { sec, items }: Question, own: readonly SlowEvent[]): number => {
  const newestFirst = newest(spec, own);
  const inputs = newestFirst.toReversed();
  // Of two that run out together the one bought last.
  const keys = [...new Set(newestFirst.map(({ key }) => key))].filter((key) => key === (spec.only ?? key));
  const clocks = keys
    .flatMap((one) => {
      const bought = inputs.filter(({ key }) => key === one);
      const clock = clockOf(bought, spec, sec);
      return clock === undefined ? [] : [{ ...clock, key: one }];
    })
    .sort((a, b) => a.left - b.left);
  if (spec.stat === 'due') return clocks.filter(({ left }) => left <= seconds(spec.within!)).length;
  if (clocks.length === 0) return spec.default ?? 0;
  if (spec.stat === 'item') {
    const attribute = spec.key!.replace('item.', '');
    const place = [...items].findIndex(([sku, item]) => String({ ...item, sku }[attribute]) === clocks[0].key);
    return place < 0 ? (spec.default ?? 0) : place + 1;
  }
  return spec.stat === 'pace' ? clocks[0].pace : clocks[0].left / unitSec(spec);
};

const STATE: Readonly<Record<string, 'on' | 'sent' | 'back'>> = {
  'contact.reserved': 'on',
  'contact.confirmed': 'sent',
  'contact.sent': 'sent',
  'call.ended': 'sent',
  'contact.released': 'back',
  'contact.expired': 'back',
};
const RANK = { on: 1, sent: 2, back: 3 };
const CHANNEL_ORDER =
  'wecom wecom_group moments official_account sms ai_call human_call im_ticket app_push mini_program live email';

/** The newest words about contacts and how many contacts they speak of within the time. */
export const contactsStat = (spec: WrittenSpec, { sec, contactsMax }: Question, own: readonly SlowEvent[]): number => {
  const channels = CHANNEL_ORDER.split(' ');
  const words = select(own, { events: Object.keys(STATE) }).map((event) => {
    const { data } = event;
    const id = data.contactId ?? data.callId;
    return {
      minute: Math.floor(secOf(event) / 60),
      channel: channels.includes(data.channel as string) ? channels.indexOf(data.channel as string) : 6,
      state: STATE[event.type],
      hash: id === undefined ? (((event.timeMs % 1000) << 22) | (event.hash >>> 10)) >>> 0 : textHash(id as string),
    };
  });
  const different = [...new Map(words.map((word) => [JSON.stringify(word), word])).values()];
  const kept = different
    .sort((a, b) => b.minute - a.minute || b.channel - a.channel || RANK[b.state] - RANK[a.state] || b.hash - a.hash)
    .slice(0, contactsMax);
  const since = Math.floor((sec - seconds(spec.within!)) / 60);
  if (kept.length === contactsMax && kept.at(-1)!.minute > since) return contactsMax;
  const inside = kept.filter(({ minute }) => minute > since);
  const hashes = [...new Set(inside.map(({ hash }) => hash))];
  return hashes.filter((hash) => {
    const told = kept.filter((word) => word.hash === hash);
    const here = spec.channel === undefined || told[0].channel === channels.indexOf(spec.channel);
    return here && !told.some(({ state }) => state === 'back');
  }).length;
};
