import { parseTime } from '../../base/clock.ts';

/** What a token of a format stands for in a cell. */
const TOKENS: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{2})',
  D: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{2})',
  H: '(?<hour>\\d{1,2})',
  hh: '(?<hour12>\\d{2})',
  h: '(?<hour12>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
  SSS: '(?<fraction>\\d{3})',
  A: '(?<half>[AaPp][Mm])',
};
const TOKEN = /YYYY|MM|M|DD|D|HH|H|hh|h|mm|ss|SSS|A|./g;
const EPOCHS: Readonly<Record<string, number>> = { unix: 1000, unixMs: 1 };

/** A cell as ms since the Unix epoch, NaN where it is no such time. */
export type ParseTime = (cell: string) => number;

/** @returns what is wrong with a format, to stand behind its place */
export const timeFormatProblem = (format: string): string | undefined => {
  if (EPOCHS[format] !== undefined) return undefined;
  const tokens = (format.match(TOKEN) ?? []).filter((part) => TOKENS[part] !== undefined);
  const names = tokens.map((token) => TOKENS[token].slice(3, TOKENS[token].indexOf('>')));
  const has = (name: string): boolean => names.includes(name);
  if (!has('year') || !has('month') || !has('day'))
    return 'must hold YYYY, MM and DD (HH, mm and ss too where there are any), or be unix or unixMs';
  if (new Set(names).size !== names.length) return 'holds a part twice';
  if (has('hour12') !== has('half')) return 'needs both hh and A, or HH';
  return undefined;
};

/**
 * @param format of tokens such as `DD.MM.YYYY HH:mm`; undefined is RFC 3339, and the same without seconds, time of day
 * or zone
 * @param zone of cells that name none: `Z` or `+08:00`
 */
export const compileTime = (format: string | undefined, zone: string): ParseTime => {
  if (format === undefined) return (cell) => isoMs(cell, zone);
  const unit = EPOCHS[format];
  if (unit !== undefined)
    return (cell) => (/^-?\d+(\.\d+)?$/.test(cell) ? Math.round(Number(cell) * unit) : Number.NaN);
  const source = format.replaceAll(TOKEN, (part) => TOKENS[part] ?? part.replace(/[$()*+.?[\\\]^{|}]/, '\\$&'));
  const pattern = new RegExp(`^${source}$`);
  return (cell) => {
    const parts = pattern.exec(cell)?.groups;
    if (parts === undefined) return Number.NaN;
    const { year, month, day, hour12, half = '', minute = '00', second = '00', fraction = '000' } = parts;
    let hour = parts.hour ?? '0';
    if (hour12 !== undefined) {
      if (Number(hour12) < 1 || Number(hour12) > 12) return Number.NaN;
      hour = String((Number(hour12) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0));
    }
    const two = (digits: string): string => digits.padStart(2, '0');
    return parseTime(`${year}-${two(month)}-${two(day)}T${two(hour)}:${minute}:${second}.${fraction}${zone}`);
  };
};

const ISO = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d(?:\.\d+)?)?)? ?(Z|[+-]\d\d:\d\d)?$/;

const isoMs = (cell: string, zone: string): number => {
  const parts = ISO.exec(cell);
  if (parts === null) return Number.NaN;
  const [, day, minutes = '00:00', seconds = ':00', own = zone] = parts;
  return parseTime(`${day}T${minutes}${seconds}${own}`);
};
