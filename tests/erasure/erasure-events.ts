import { END_SEC } from '../features/histories.ts';
import type { SlowEvent } from '../oracles/slow-event.ts';
import { packOf } from '../support/feature-state.ts';

export const NOW_MS = END_SEC * 1000;
export const HOUR_MS = 3_600_000;
/** No one of them is part of another, or of a word that residues use. */
export const IDS = ['ada-1815', 'bob-1912', 'cyd-1920', 'phone:tel-x', 'wecom:w-77', 'member:m-4'];
export const KEYS = { campaign: 'c1', channel: 'sms', store: 's1', sku: 'k1' };
export const everyKind = packOf('tests/support/packs/every-kind');

let made = 0;
export const eventOf = (customer: string, type: string, data: Record<string, unknown> = {}): SlowEvent => ({
  customer,
  type,
  source: 'test',
  id: `e${made++}`,
  timeMs: NOW_MS - HOUR_MS + made,
  hash: 0,
  data,
});
export const link = (customer: string, alias: string): SlowEvent => eventOf(customer, 'identity.linked', { alias });
export const unlink = (customer: string, alias: string): SlowEvent => eventOf(customer, 'identity.unlinked', { alias });
export const erasure = (customer: string): SlowEvent => eventOf(customer, 'customer.erased');
export const order = (customer: string, amount: number): SlowEvent =>
  eventOf(customer, 'order.placed', { orderId: '1', amount, storeId: 's1', lines: [{ sku: 'k1', quantity: 1 }] });
