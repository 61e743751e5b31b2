/**
 * Times of files, which name no zone and are UTC: `2010-12-01`, `2010-12-01 08:26`, `2010-12-01T08:26:00`, `19970101`,
 * and `12/1/2010 8:26` (month first, as the publisher's spreadsheet exports it).
 * @returns ms since the Unix epoch, NaN where the text is no such time.
 */
export const rowTimeMs = (text: string): number => {
  let ms = known.get(text);
  if (ms === undefined) {
    ms = parse(text);
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(text, ms);
  }
  return ms;
};

/** Rows share their times: 500,000 lines of a shop have some 20,000 of them, a file by day a few hundred. */
const KNOWN_MAX = 32_768;
const known = new Map<string, number>();

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?Z?)?$/;
const COMPACT = /^(\d{4})(\d\d)(\d\d)$/;
const MONTH_FIRST = /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{1,2}):(\d\d)(?::(\d\d))?$/;

const parse = (text: string): number => {
  const iso = ISO.exec(text) ?? COMPACT.exec(text);
  if (iso !== null) return utc(iso[1], iso[2], iso[3], iso[4], iso[5], iso[6]);
  const spread = MONTH_FIRST.exec(text);
  return spread === null ? Number.NaN : utc(spread[3], spread[1], spread[2], spread[4], spread[5], spread[6]);
};

/** Events lie in these years; a time outside is a placeholder or damage. */
const FIRST_YEAR = 1971;
const LAST_YEAR = 2099;

const utc = (year: string, month: string, day: string, hour = '0', minute = '0', second = '0'): number => {
  if (+hour > 23 || +minute > 59 || +second > 59) return Number.NaN;
  const date = new Date(Date.UTC(+year, +month - 1, +day, +hour, +minute, +second));
  if (date.getUTCMonth() !== +month - 1 || date.getUTCDate() !== +day) return Number.NaN;
  return +year >= FIRST_YEAR && +year <= LAST_YEAR ? date.getTime() : Number.NaN;
};
