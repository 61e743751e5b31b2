import type { SlowEvent } from '../oracles/slow-event.ts';
import { END_SEC } from './histories.ts';

/** A link of two ids, or where there is no alias, the erasure of a person. */
export interface Act {
  readonly subject: string;
  readonly alias: string | undefined;
  /** Events before it, as a share. */
  readonly at: number;
}

const event = (subject: string, type: string, number: number, data: SlowEvent['data']): SlowEvent => ({
  customer: subject,
  type,
  source: 'acts',
  id: String(number),
  timeMs: (END_SEC - 1000) * 1000,
  hash: number,
  data,
});

export const linkEvent = (
  { subject, alias }: Pick<Act, 'subject' | 'alias'>,
  number: number,
  type = 'identity.linked',
): SlowEvent => event(subject, type, number, { alias });

export const erasureEvent = (subject: string, number: number): SlowEvent =>
  event(subject, 'customer.erased', number, {});
