import { parseTime } from '../base/clock.ts';
import { BeckonError } from '../base/errors.ts';

/**
 * The `at` of a question in ms since the epoch, undefined where it is absent. How far ahead it may lie is for the one who
 * answers.
 * @throws BeckonError REQUEST_INVALID; also before 1970, where no event can lie
 */
export const askedTimeMs = (at: string | undefined): number | undefined => {
  if (at === undefined) return undefined;
  const atMs = parseTime(at);
  if (Number.isNaN(atMs) || atMs < 0)
    throw new BeckonError('REQUEST_INVALID', 'at must be an RFC 3339 time such as 2026-01-31T09:00:00Z, from 1970 on');
  return atMs;
};
