import Type from 'typebox';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Durations in pack files. */
export const DURATION = Type.String({
  pattern: '^[1-9][0-9]{0,5}[smhd]$',
  description: 'a duration such as 30d, 12h, 5m or 90s',
});

/** @param text as {@link DURATION} @returns seconds */
export const durationSec = (text: string): number => Number(text.slice(0, -1)) * UNITS[text.slice(-1)];

/** Seconds in one of a feature's declared time unit. */
export const TIME_UNITS: Readonly<Record<string, number>> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 };
