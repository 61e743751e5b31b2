/** The only place that reads the wall clock for the domain. State and features never do: they use log and event time. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
}

export const wallClock: Clock = { nowMs: () => Date.now() };

/** RFC 3339 in UTC with millisecond precision, the form in which every time leaves the service. */
export const formatTime = (ms: number): string => new Date(ms).toISOString();

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** ms since the Unix epoch of a date of the proleptic Gregorian calendar, NaN for 30 February and the like. */
const dateMs = (year: number, month: number, day: number): number => {
  if (month < 1 || month > 12 || day < 1) return Number.NaN;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const daysInMonth = month === 2 ? (leap ? 29 : 28) : 30 + ((month + (month >> 3)) & 1);
  if (day > daysInMonth) return Number.NaN;
  // Years from March on, so that the leap day is the last of its year; 719,468 days lie between 0000-03-01 and 1970.
  const y = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const days = 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468;
  return days * 86_400_000;
};

/** The two digits at `i`, or a number above 99 where they are not digits. */
const two = (bytes: Uint8Array, i: number): number => {
  const tens = bytes[i] - 48;
  const ones = bytes[i + 1] - 48;
  return tens >>> 0 > 9 || ones >>> 0 > 9 ? 1000 : tens * 10 + ones;
};

const ZULU = 'Z'.charCodeAt(0);
const DOT = '.'.charCodeAt(0);
const COLON = ':'.charCodeAt(0);
const DASH = '-'.charCodeAt(0);
const TEE = 'T'.charCodeAt(0);
/** Of `…:SSZ` and of `…:SS.mmmZ`. */
const SECONDS_BYTES = 20;
const MILLIS_BYTES = 24;

/**
 * The two forms that nearly every producer sends, `…:SSZ` and `…:SS.mmmZ`, in ASCII.
 * @returns ms since the Unix epoch; NaN says that {@link parseTime} may know better
 */
export const parseUtcTime = (bytes: Uint8Array, start: number, end: number): number => {
  const length = end - start;
  if ((length !== SECONDS_BYTES && length !== MILLIS_BYTES) || bytes[end - 1] !== ZULU) return Number.NaN;
  if (bytes[start + 4] !== DASH || bytes[start + 7] !== DASH || bytes[start + 10] !== TEE) return Number.NaN;
  if (bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) return Number.NaN;
  const year = two(bytes, start) * 100 + two(bytes, start + 2);
  const hour = two(bytes, start + 11);
  const minute = two(bytes, start + 14);
  const second = two(bytes, start + 17);
  if (year > 9999 || hour > 23 || minute > 59 || second > 59) return Number.NaN;
  let fraction = 0;
  if (length === MILLIS_BYTES) {
    const hundredths = two(bytes, start + 20);
    const thousandths = bytes[start + 22] - 48;
    if (bytes[start + 19] !== DOT || hundredths > 99 || thousandths >>> 0 > 9) return Number.NaN;
    fraction = hundredths * 10 + thousandths;
  }
  return (
    dateMs(year, two(bytes, start + 5), two(bytes, start + 8)) + ((hour * 60 + minute) * 60 + second) * 1000 + fraction
  );
};

const scratch = new Uint8Array(MILLIS_BYTES);

/** As {@link parseUtcTime}, of a text. */
const parseUtc = (text: string): number => {
  const { length } = text;
  if (length > MILLIS_BYTES) return Number.NaN;
  // A unit beyond a byte is none of the marks and digits, and must not become one.
  for (let i = 0; i < length; i++) scratch[i] = Math.min(text.charCodeAt(i), 0xff);
  return parseUtcTime(scratch, 0, length);
};

const parseAny = (text: string): number => {
  const parts = RFC3339.exec(text);
  if (parts === null) return Number.NaN;
  const [, year, month, day, hour, minute, second] = parts.map(Number);
  if (hour > 23 || minute > 59 || second > 60) return Number.NaN;
  const fraction = parts[7] === undefined ? 0 : Number(parts[7].slice(0, 3).padEnd(3, '0'));
  // A leap second is told as the one before it, as Unix time does.
  const utc = dateMs(year, month, day) + ((hour * 60 + minute) * 60 + Math.min(second, 59)) * 1000 + fraction;
  if (parts[8] === undefined) return utc;
  const offsetHours = Number(parts[9]);
  const offsetMinutes = Number(parts[10]);
  if (offsetHours > 23 || offsetMinutes > 59) return Number.NaN;
  const offsetMs = (offsetHours * 60 + offsetMinutes) * 60_000;
  return parts[8] === '+' ? utc - offsetMs : utc + offsetMs;
};

/**
 * Parses an RFC 3339 time to milliseconds since the Unix epoch (fractions are truncated to the millisecond).
 * @returns NaN where the text is not such a time, also for 30 February or 24:00:00.
 */
export const parseTime = (text: string): number => {
  const ms = parseUtc(text);
  return Number.isNaN(ms) ? parseAny(text) : ms;
};
