import { DAY_BEGINS_HOUR } from './calendar.ts';
import type { Figures } from './figures.ts';
import type { Setting } from './setting.ts';

/** A figure from practice and what the market makes of it. */
export interface Anchor {
  readonly name: string;
  readonly value: number;
  /** Standard error where few were counted; 0 where it does not matter. */
  readonly error: number;
  readonly min: number;
  readonly max: number;
  /** Whether the value, give or take two standard errors, lies inside. */
  readonly holds: boolean;
}

const ERRORS_ALLOWED = 2;

const anchor = (name: string, value: number, min: number, max: number, n = Number.POSITIVE_INFINITY): Anchor => {
  const error = Math.sqrt((value * (1 - Math.min(1, value))) / Math.max(n, 1));
  const slack = ERRORS_ALLOWED * error;
  return { name, value, error, min, max, holds: value + slack >= min && value - slack <= max };
};

/** The anchors from practice beside a run's own figures. They are meant for the logging policy. */
export const anchorsOf = (figures: Figures, setting: Setting): Anchor[] => {
  const { buyers, dialed, answered } = figures;
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  return [
    anchor('customers who bought once, of buyers', share(figures.onceBuyers, buyers), 0.87, 0.93, buyers),
    anchor('revenue of those who bought once', share(figures.onceRevenue, figures.revenue), 0.16, 0.26, buyers / 20),
    anchor('revenue of the top fifth', figures.spent.shareOfTop(0.2), 0.75, 0.87, buyers / 20),
    ...setting.file.people.sources.map(({ name }, i) =>
      anchor(
        `first order, of those who joined by ${name}`,
        share(figures.converted[i], figures.prospects[i]),
        0.05,
        0.1,
        figures.prospects[i],
      ),
    ),
    anchor(
      'AI calls that lead on, of answered',
      share(figures.aiLeads, figures.aiAnswered),
      0.16,
      0.24,
      figures.aiAnswered,
    ),
    anchor('calls without an answer', share(figures.noAnswer, dialed), 0.25, 0.5, dialed),
    anchor('calls busy', share(figures.busy, dialed), 0.03, 0.06, dialed),
    anchor('response to selling SMS', share(figures.smsResponded, figures.smsSent), 0, 0.03, figures.smsSent),
    anchor('orders refunded', share(figures.refunds, figures.orders), 0.03, 0.06, figures.orders),
    burstAnchor(figures, setting),
    anchor('calls answered', share(answered, dialed), 0.45, 0.75, dialed),
  ];
};

/** Days before and after a burst whose evenings are the usual ones: the market grows while people join. */
const AROUND_DAYS = 14;
const BURST_NAME = 'first evening of promotions, against others';

/** Looks and orders in the hour of the burst, on the first days of promotions against ordinary days around them. */
const burstAnchor = ({ byHour }: Figures, setting: Setting): Anchor => {
  // A day of the market begins at nine.
  const at = (setting.file.calendar.burst.hour - DAY_BEGINS_HOUR + 24) % 24;
  const countOn = (day: number): number => byHour[(day - setting.firstDay) * 24 + at];
  let bursts = 0;
  let usual = 0;
  for (let day = setting.firstDay; day < setting.days; day++) {
    if (!setting.dayOf(day).isPromotionStart) continue;
    const around: number[] = [];
    for (let other = day - AROUND_DAYS; other <= day + AROUND_DAYS; other++)
      if (other >= setting.firstDay && other < setting.days && setting.dayOf(other).promotion === 1)
        around.push(countOn(other));
    if (around.length === 0) continue;
    bursts += countOn(day);
    usual += around.reduce((sum, count) => sum + count, 0) / around.length;
  }
  const value = usual === 0 ? 0 : bursts / usual;
  const error = value / Math.sqrt(Math.max(1, bursts));
  const slack = ERRORS_ALLOWED * error;
  // Without a promotion in the run there is nothing to judge.
  const holds = usual === 0 || (value + slack >= 5 && value - slack <= 8);
  return { name: BURST_NAME, value, error, min: 5, max: 8, holds };
};

/** The anchors as a table. */
export const anchorTable = (anchors: readonly Anchor[]): string => {
  const width = Math.max(...anchors.map(({ name }) => name.length));
  const shown = (value: number): string => (value >= 1.5 ? value.toFixed(2) : `${(100 * value).toFixed(1)} %`);
  return anchors
    .map(({ name, value, min, max, holds }) => {
      const band = min === 0 ? `at most ${shown(max)}` : `${shown(min)} to ${shown(max)}`;
      return `${name.padEnd(width)}  ${shown(value).padStart(7)}  ${band.padEnd(17)}  ${holds ? 'inside' : 'OUTSIDE'}\n`;
    })
    .join('');
};
