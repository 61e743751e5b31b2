import { parseTime } from '../base/clock.ts';
import { BeckonError } from '../base/errors.ts';
import { durationSec } from '../features/duration.ts';

/** A year by the hour; more is a mistake in the step. */
const MOMENTS_MAX = 10_000;

const DURATION = /^[1-9]\d{0,5}[smhd]$/;

const usage = (message: string): BeckonError => new BeckonError('USAGE', message);

/**
 * A time on the command line: RFC 3339, or a day, which begins at midnight UTC.
 * @param option that holds it, without dashes
 * @returns ms since the Unix epoch
 * @throws BeckonError USAGE
 */
export const readTime = (option: string, text: string): number => {
  const timeMs = parseTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (!Number.isNaN(timeMs)) return timeMs;
  throw usage(`--${option} must be like 2011-06-11 or 2011-06-11T15:00:00Z, not ${text}`);
};

export interface MomentOptions {
  /** Times, separated by commas. */
  readonly at?: string;
  /** A duration; with `from` and `to`. */
  readonly 'at-every'?: string;
  readonly from?: string;
  readonly to?: string;
}

/**
 * The moments that a command asks for: those of `--at` and, with `--at-every`, those from `--from` to `--to`, both
 * included.
 * @returns ms since the Unix epoch, rising, each once
 * @throws BeckonError USAGE
 */
export const readMoments = (options: MomentOptions): number[] => {
  const { at, from, to } = options;
  const every = options['at-every'];
  const moments = new Set((at?.split(',') ?? []).map((text) => readTime('at', text.trim())));
  if (every === undefined && (from ?? to) !== undefined) throw usage('--from and --to need --at-every');
  if (every !== undefined) {
    if (!DURATION.test(every)) throw usage(`--at-every must be like 7d or 12h, not ${every}`);
    if (from === undefined || to === undefined) throw usage('--at-every needs --from and --to');
    const stepMs = durationSec(every) * 1000;
    const fromMs = readTime('from', from);
    const toMs = readTime('to', to);
    if (toMs < fromMs) throw usage('--to is before --from');
    if ((toMs - fromMs) / stepMs >= MOMENTS_MAX)
      throw usage(`--at-every ${every} makes more than ${MOMENTS_MAX} moments`);
    for (let moment = fromMs; moment <= toMs; moment += stepMs) moments.add(moment);
  }
  if (moments.size === 0) throw usage('no moment given: say --at TIME or --at-every 7d --from TIME --to TIME');
  return [...moments].sort((a, b) => a - b);
};
