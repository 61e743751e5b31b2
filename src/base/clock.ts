/** The only place that reads the wall clock for the domain. State and features never do: they use log and event time. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
}

export const wallClock: Clock = { nowMs: () => Date.now() };

/** RFC 3339 in UTC with millisecond precision, the form in which every time leaves the service. */
export const formatTime = (ms: number): string => new Date(ms).toISOString();

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/**
 * Parses an RFC 3339 time to milliseconds since the Unix epoch (fractions are truncated to the millisecond).
 * @returns NaN where the text is not such a time, also for 30 February or 24:00:00.
 */
export const parseTime = (text: string): number => {
  const parts = RFC3339.exec(text);
  if (parts === null) return Number.NaN;
  const [, year, month, day, hour, minute, second] = parts as unknown as number[];
  if (+hour > 23 || +minute > 59 || +second > 60) return Number.NaN;
  const fraction = parts[7] === undefined ? 0 : Math.trunc(Number(`0.${parts[7]}`) * 1000);
  const date = Date.UTC(+year, +month - 1, +day, +hour, +minute, Math.min(+second, 59), fraction);
  const check = new Date(date);
  if (check.getUTCMonth() !== +month - 1 || check.getUTCDate() !== +day) return Number.NaN;
  if (parts[8] === undefined) return date;
  if (+parts[9] > 23 || +parts[10] > 59) return Number.NaN;
  const offsetMs = (+parts[9] * 60 + +parts[10]) * 60_000;
  return parts[8] === '+' ? date - offsetMs : date + offsetMs;
};
