import { formatTime } from '../base/clock.ts';
import { BeckonError } from '../base/errors.ts';

/** Why a question about a time has no answer: the same words for a decision and for a customer's features. */
export const tooFarAhead = (): BeckonError => new BeckonError('AT_TOO_FAR', 'at may lie at most a year ahead');

/** @param lastSec the customer's last event, seconds since the epoch */
export const beforeState = (lastSec: number): BeckonError => {
  const last = formatTime(lastSec * 1000);
  const message = `at is before the customer's last event (${last}): the state does not go back`;
  return new BeckonError('AT_BEFORE_STATE', message, { details: { lastEvent: last } });
};
