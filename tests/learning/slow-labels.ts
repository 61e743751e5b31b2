import type { Event } from '../../src/events/event.ts';
import type { Group } from './log-of.ts';
import { withoutRepeats } from './slow-truth.ts';

/** A label as written, in days. */
export interface SlowLabel {
  readonly event: string;
  readonly days: number;
  readonly reversedBy?: {
    readonly event: string;
    readonly same: string;
    readonly amount?: string;
    readonly days?: number;
  };
}

const DAY_MS = 86_400_000;
const cents = (event: Event, field: string): number => Math.round((event.data[field] as number) * 100);

/**
 * The answer of a label, from the whole history in the plainest way.
 * @param made type of the events that make moments, where events do
 */
export const slowLabel = (
  groups: readonly Group[],
  label: SlowLabel,
  customer: string,
  atMs: number,
  made?: string,
): 0 | 1 | undefined => {
  const all = withoutRepeats(groups);
  const { reversedBy } = label;
  const endMs = atMs + label.days * DAY_MS;
  if (Math.max(...all.map(({ timeMs }) => timeMs)) < endMs + (reversedBy?.days ?? 0) * DAY_MS) return undefined;
  const own = all.filter(({ subject }) => subject === customer);
  const stands = (event: Event): boolean => {
    if (reversedBy === undefined) return true;
    const { same, amount, days } = reversedBy;
    const untilMs = days === undefined ? endMs : event.timeMs + days * DAY_MS;
    const reversing = own.filter(
      (other) =>
        other.type === reversedBy.event &&
        event.data[same] !== undefined &&
        other.data[same] === event.data[same] &&
        other.timeMs < untilMs,
    );
    if (reversing.length === 0) return true;
    return (
      amount !== undefined && reversing.reduce((sum, other) => sum + cents(other, amount), 0) < cents(event, amount)
    );
  };
  return own.some(
    (event) =>
      event.type === label.event &&
      event.timeMs >= atMs &&
      event.timeMs < endMs &&
      !(event.type === made && event.timeMs === atMs) &&
      stands(event),
  )
    ? 1
    : 0;
};
