import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatTime, parseTime } from '../../src/base/clock.ts';

/** The obvious reading: the expression of RFC 3339 and the calendar of Date. */
const slowTime = (text: string): number => {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/i.exec(text);
  if (parts === null) return Number.NaN;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number);
  if (hour > 23 || minute > 59 || second > 60) return Number.NaN;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return Number.NaN;
  date.setUTCHours(hour, minute, Math.min(second, 59), Number((parts[7] ?? '0').padEnd(3, '0').slice(0, 3)));
  if (parts[8] === undefined) return date.getTime();
  if (Number(parts[9]) > 23 || Number(parts[10]) > 59) return Number.NaN;
  const offsetMs = (Number(parts[9]) * 60 + Number(parts[10])) * 60_000;
  return parts[8] === '+' ? date.getTime() - offsetMs : date.getTime() + offsetMs;
};

const digits = (count: number, max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(count, '0'));
/** Nearly right times: every field may be a little out of its range. */
const nearTime = fc
  .tuple(
    fc.oneof(digits(4, 9999), fc.constantFrom('1900', '2000', '2023', '2024', '2100')),
    fc.oneof(digits(2, 14), fc.constant('02')),
    fc.oneof(digits(2, 33), fc.constantFrom('28', '29', '30', '31')),
    digits(2, 26),
    digits(2, 62),
    digits(2, 62),
    fc.oneof(
      fc.constantFrom('', '.', '.12', '.1239999'),
      digits(3, 999).map((ms) => `.${ms}`),
    ),
    fc.constantFrom('Z', 'z', '', '+08:00', '-23:59', '+24:00', '+0800'),
    fc.constantFrom('T', 'T', 't', ' '),
  )
  .map(([y, mo, d, h, mi, s, fraction, zone, t]) => `${y}-${mo}-${d}${t}${h}:${mi}:${s}${fraction}${zone}`);

test('every nearly right time is read as the slow twin reads it', () => {
  fc.assert(
    fc.property(nearTime, (text) => assert.deepEqual([text, parseTime(text)], [text, slowTime(text)])),
    { numRuns: 5000 },
  );
});

test('one changed character of a time never makes another time of the fast form alone', () => {
  const changed = fc.tuple(
    fc.constantFrom('2024-02-29T10:11:12Z', '2024-02-29T10:11:12.345Z'),
    fc.nat(23),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  );
  fc.assert(
    fc.property(changed, ([time, at, unit]) => {
      const text = time.slice(0, at) + unit + time.slice(at + 1);
      assert.deepEqual([text, parseTime(text)], [text, slowTime(text)]);
    }),
    { numRuns: 5000 },
  );
});

test('a time that we write is read back', () => {
  const times = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  });
  fc.assert(fc.property(times, (date) => assert.equal(parseTime(formatTime(date.getTime())), date.getTime())));
});

test('known times', () => {
  assert.equal(parseTime('1970-01-01T00:00:00Z'), 0);
  assert.equal(parseTime('2024-02-29T23:59:60Z'), Date.UTC(2024, 1, 29, 23, 59, 59));
  assert.equal(parseTime('2024-03-05T18:11:12.0199+08:00'), Date.UTC(2024, 2, 5, 10, 11, 12, 19));
  for (const text of ['', '2024', '2023-02-29T00:00:00Z', '2024-01-01T24:00:00Z', ' 2024-01-01T00:00:00Z'])
    assert.ok(Number.isNaN(parseTime(text)), text);
});
