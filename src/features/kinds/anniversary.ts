import Type from 'typebox';
import type { FeatureSpec, Kind, PlanBuilder } from '../kind.ts';
import { oneByOne } from '../reading.ts';
import { compileSelector, SELECTION_FIELDS, selectorProblem } from '../selector.ts';
import { momentCell } from './moment.ts';

interface AnniversarySpec extends FeatureSpec {
  readonly attribute?: string;
}

const DAY_SEC = 86_400;
const DAY_MS = 86_400_000;
/** Month × 32 + day, in the low bits of the tie; 0 for no date. */
const DATE_MASK = 0x1ff;
const MONTH_SHIFT = 5;
const DAY_MASK = 31;
const DATE = /^(?:\d{4}|-)?-?(\d\d)-(\d\d)(?:$|[T ])/;
const LEAP_YEAR = 2000;

const SELECTOR = compileSelector({ event: 'profile.updated' });

/** The month and day of a date such as 1990-05-17, --05-17 or 05-17, packed; 0 for anything else. */
const dateCode = (value: unknown): number => {
  const parts = typeof value === 'string' ? DATE.exec(value) : null;
  if (parts === null) return 0;
  const month = Number(parts[1]);
  const day = Number(parts[2]);
  if (month < 1 || month > 12 || day < 1 || day > new Date(Date.UTC(LEAP_YEAR, month, 0)).getUTCDate()) return 0;
  return (month << MONTH_SHIFT) | day;
};

/** The latest date told by an attribute: 2 words, second and tie with the date. */
const dateCell = (attribute: string, plan: PlanBuilder): number =>
  plan.cell(`date ${attribute}`, 2, (at) => {
    const put = (u32: Uint32Array, first: number, sec: number, tie: number): void => {
      if (sec < u32[first] || (sec === u32[first] && tie <= u32[first + 1])) return;
      u32[first] = sec;
      u32[first + 1] = tie;
    };
    return {
      selector: SELECTOR,
      apply(row, { sec, tie, data }) {
        const attributes = data.attributes as Readonly<Record<string, unknown>>;
        if (!Object.hasOwn(attributes, attribute)) return;
        put(row.u32, row.base + at, sec, ((tie & ~DATE_MASK) | dateCode(attributes[attribute])) >>> 0);
      },
      merge: (into, from) => put(into.u32, into.base + at, from.u32[from.base + at], from.u32[from.base + at + 1]),
    };
  });

/** Answers for one day at a time: questions mostly ask about today. */
class Calendar {
  private today = -1;
  private year = 0;

  /** @param today days since 1970 @returns days until the next `month` and `day`, 0 today; 29 February is 1 March in other years */
  daysTo(today: number, month: number, day: number): number {
    if (today !== this.today) {
      this.today = today;
      this.year = new Date(today * DAY_MS).getUTCFullYear();
    }
    const next = Date.UTC(this.year, month - 1, day) / DAY_MS;
    return (next >= today ? next : Date.UTC(this.year + 1, month - 1, day) / DAY_MS) - today;
  }
}

/**
 * Days until the next day of the year of a date, in the days of the business: of a profile attribute (birthday; 0 on the
 * day), or of the first event of a selection (joining; the first day itself does not count).
 */
export const anniversary: Kind = {
  name: 'anniversary',
  schema: Type.Object({ attribute: Type.Optional(Type.String({ minLength: 1 })), ...SELECTION_FIELDS }),
  selects: false,
  exact: true,
  problem(spec) {
    const { attribute, event, events } = spec as AnniversarySpec;
    if (spec.unit !== 'days') return '`unit` must be days';
    if (attribute === undefined) return selectorProblem(spec, true);
    return event === undefined && events === undefined ? undefined : 'takes `attribute` or `event`, not both';
  },
  course: () => 'fallsByDay',
  compile(spec, plan) {
    const { attribute } = spec as AnniversarySpec;
    const { zoneOffsetSec } = plan;
    const missing = spec.default ?? 0;
    const calendar = new Calendar();
    const dayOf = (sec: number): number => Math.floor((sec + zoneOffsetSec) / DAY_SEC);
    if (attribute !== undefined) {
      const offset = dateCell(attribute, plan);
      return oneByOne(({ u32, base }, ask) => {
        const code = u32[base + offset + 1] & DATE_MASK;
        return code === 0 ? missing : calendar.daysTo(dayOf(ask.sec), code >>> MONTH_SHIFT, code & DAY_MASK);
      });
    }
    const offset = momentCell('first', compileSelector(spec, plan.items), plan);
    const date = new Date(0);
    return oneByOne(({ u32, base }, ask) => {
      const sec = u32[base + offset];
      if (sec === 0) return missing;
      const first = dayOf(sec);
      const today = dayOf(ask.sec);
      date.setTime(first * DAY_MS);
      const month = date.getUTCMonth() + 1;
      const day = date.getUTCDate();
      return first === today ? 1 + calendar.daysTo(today + 1, month, day) : calendar.daysTo(today, month, day);
    });
  },
};
