import type { Event } from '../../src/events/event.ts';
import type { Group } from './log-of.ts';

/** What a row says, computed from the whole history in the plainest way. */
export interface TrueRow {
  readonly customerId: string;
  readonly features: Readonly<Record<string, number>>;
  readonly labels: Readonly<Record<string, 0 | 1 | undefined>>;
}

const DAY_MS = 86_400_000;
const WINDOW_SEC = 7 * 86_400;

const secOf = (event: Event): number => Math.floor(event.timeMs / 1000);
const amountOf = ({ data }: Event): number => data.amount as number;

/** Events without those that repeat a source, id and subject within 7 days of log time. */
export const withoutRepeats = (groups: readonly Group[]): Event[] => {
  const rememberedSec = new Map<string, number>();
  const kept: Event[] = [];
  for (const { logTimeMs, events } of groups)
    for (const event of events) {
      const identity = JSON.stringify([event.source, event.id, event.subject]);
      const logSec = Math.floor(logTimeMs / 1000);
      if (logSec - (rememberedSec.get(identity) ?? Number.NEGATIVE_INFINITY) <= WINDOW_SEC) continue;
      rememberedSec.set(identity, logSec);
      kept.push({ ...event, timeMs: Number.isNaN(event.timeMs) ? logTimeMs : event.timeMs });
    }
  return kept;
};

/** The rows of a moment. Features as in the pack of `export.test.ts`. */
export const rowsAt = (groups: readonly Group[], atMs: number): TrueRow[] => {
  const all = withoutRepeats(groups);
  const before = all.filter((event) => event.timeMs < atMs);
  const lastMs = Math.max(...all.map((event) => event.timeMs));
  const atSec = Math.floor(atMs / 1000);
  const halved = (events: readonly Event[], days: number): number =>
    events.reduce((sum, event) => sum + 0.5 ** ((atSec - secOf(event)) / (days * 86_400)), 0);
  const label = (customer: string, days: number, is: (event: Event) => boolean): 0 | 1 | undefined => {
    const endMs = atMs + days * DAY_MS;
    if (lastMs < endMs) return undefined;
    const hit = (event: Event) => event.subject === customer && event.timeMs >= atMs && event.timeMs < endMs;
    return all.some((event) => hit(event) && is(event)) ? 1 : 0;
  };
  const isOrder = ({ type }: Event): boolean => type === 'order.placed';
  const customers = [...new Set(before.map((event) => event.subject))].sort(bytewise);
  return customers.map((customerId) => {
    const own = before.filter((event) => event.subject === customerId);
    const orders = own.filter(isOrder);
    const refunds = own.filter(({ type }) => type === 'order.refunded');
    const cents = (events: readonly Event[]): number =>
      events.reduce((sum, event) => sum + Math.round(amountOf(event) * 100), 0) / 100;
    return {
      customerId,
      features: {
        orders: orders.length,
        paid: cents(orders),
        refunded: cents(refunds),
        daysSinceOrder: orders.length === 0 ? 400 : (atSec - Math.max(...orders.map(secOf))) / 86_400,
        ordersFading: halved(orders, 10),
        everybodyOrders: halved(before.filter(isOrder), 7),
      },
      labels: {
        buys10d: label(customerId, 10, isOrder),
        converts3d: label(customerId, 3, ({ data }) => data.disposition === 'answered_converted'),
      },
    };
  });
};

const bytewise = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
