import { BeckonError } from '../base/errors.ts';
import { durationSec } from '../features/duration.ts';
import { compileSelector, selectorProblem } from '../features/selector.ts';
import type { Moments } from '../learning/export.ts';
import { type MomentRule, momentMs } from '../packs/labels.ts';

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
  const timeMs = momentMs(text);
  if (!Number.isNaN(timeMs)) return timeMs;
  throw usage(`--${option} must be like 2011-06-11 or 2011-06-11T15:00:00Z, not ${text}`);
};

export interface MomentOptions {
  /** Times, separated by commas. */
  readonly at?: string;
  /** A duration; with `from` and `to`. */
  readonly 'at-every'?: string;
  /** An event type; without times. */
  readonly 'at-event'?: string;
  readonly from?: string;
  readonly to?: string;
}

/**
 * The moments that a command asks for, or those that its pack declares where it asks for none: times of `--at` and of
 * `--at-every` from `--from` to `--to`, both included, or each event of `--at-event` between these.
 * @throws BeckonError USAGE
 */
export const readMoments = (options: MomentOptions, declared?: MomentRule): Moments => {
  const { at, from, to } = options;
  const event = options['at-event'];
  const every = options['at-every'];
  if (event !== undefined) {
    if ((at ?? every) !== undefined) throw usage('--at-event stands alone: rows are at times or at events, not both');
    const wrong = selectorProblem({ event });
    if (wrong !== undefined) throw usage(`--at-event: ${wrong.replaceAll('`', '')}`);
    return { selector: compileSelector({ event }), ...bounds(from, to) };
  }
  if ((at ?? every) !== undefined) return { timesMs: times(options) };
  if (declared?.selector !== undefined)
    return { selector: declared.selector, said: declared.said, ...bounds(from, to) };
  const rule = declared?.times;
  if (rule !== undefined)
    return {
      timesMs: times({ at: rule.at?.join(','), 'at-every': rule.every, from: from ?? rule.from, to: to ?? rule.to }),
    };
  if ((from ?? to) !== undefined) throw usage('--from and --to need --at-every or --at-event');
  throw usage(
    'no moment given: say --at TIME, --at-every 7d --from TIME --to TIME, or --at-event TYPE, or declare one in labels.yaml',
  );
};

const bounds = (from: string | undefined, to: string | undefined): { fromMs: number; toMs: number } => {
  const fromMs = from === undefined ? Number.NEGATIVE_INFINITY : readTime('from', from);
  const toMs = to === undefined ? Number.POSITIVE_INFINITY : readTime('to', to);
  if (toMs < fromMs) throw usage('--to is before --from');
  return { fromMs, toMs };
};

/** @returns ms since the Unix epoch, rising, each once */
const times = (options: MomentOptions): number[] => {
  const { at, from, to } = options;
  const every = options['at-every'];
  const moments = new Set((at?.split(',') ?? []).map((text) => readTime('at', text.trim())));
  if (every === undefined && (from ?? to) !== undefined) throw usage('--from and --to need --at-every or --at-event');
  if (every !== undefined) {
    if (!DURATION.test(every)) throw usage(`--at-every must be like 7d or 12h, not ${every}`);
    if (from === undefined || to === undefined) throw usage('--at-every needs --from and --to');
    const stepMs = durationSec(every) * 1000;
    const { fromMs, toMs } = bounds(from, to);
    if ((toMs - fromMs) / stepMs >= MOMENTS_MAX)
      throw usage(`--at-every ${every} makes more than ${MOMENTS_MAX} moments`);
    for (let moment = fromMs; moment <= toMs; moment += stepMs) moments.add(moment);
  }
  return [...moments].sort((a, b) => a - b);
};
