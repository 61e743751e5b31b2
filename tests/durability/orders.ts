import { cloudEvent } from '../support/cloud-event.ts';

/** Few enough that each gets many orders, and that all can be asked for in a second. */
export const CUSTOMERS = 200;

const SOURCE = '/shop/durability';
const FIRST_MS = Date.UTC(2025, 0, 1);
const MINUTE_MS = 60_000;
const YEAR_MINUTES = 365 * 24 * 60;

/** Ids of the same length, so that none is part of another. */
export const idOf = (order: number): string => `order-${String(order).padStart(9, '0')}`;

export const orderOfId = (id: string): number => Number(id.slice('order-'.length));

export const customerOf = (order: number): string => `customer-${(order * 31) % CUSTOMERS}`;

/** Minor units. */
export const amountMinorOf = (order: number): number => 1 + ((order * 7919) % 99_991);

/** The same number gives the same event, which holds its id twice: whole at least once wherever pages of a file cut it. Times jump about, so that about half of the orders are late. */
export const orderEvent = (order: number): Record<string, unknown> =>
  cloudEvent({
    source: SOURCE,
    id: idOf(order),
    subject: customerOf(order),
    time: new Date(FIRST_MS + ((order * 104_729) % YEAR_MINUTES) * MINUTE_MS).toISOString(),
    data: { orderId: idOf(order), amount: amountMinorOf(order) / 100 },
  });
