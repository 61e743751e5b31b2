const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Pattern of durations in pack files: `90s`, `5m`, `1h`, `30d`. */
export const DURATION_PATTERN = '^[1-9][0-9]{0,5}[smhd]$';

/** @param text as {@link DURATION_PATTERN} @returns seconds */
export const durationSec = (text: string): number => Number(text.slice(0, -1)) * UNITS[text.slice(-1)];

/** Seconds in one of a feature's declared time unit. */
export const TIME_UNITS: Readonly<Record<string, number>> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 };
