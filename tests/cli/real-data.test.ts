import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Event } from '../../src/events/event.ts';
import { readFile, readText } from './read-format.ts';

const FOLDER = process.env.BECKON_TEST_DATA ?? resolve(import.meta.dirname, '../../../shared/data');

/** The path of a real file; where users have not fetched it, the test is skipped and says so. */
const real = (t: TestContext, name: string): string | undefined => {
  const path = join(FOLDER, name);
  if (existsSync(path)) return path;
  t.skip(`needs ${name} below the folder that BECKON_TEST_DATA names`);
  return undefined;
};

/** The slow count: lines split at commas (quoted ones kept together), fields by name. */
const table = (path: string): Record<string, string>[] => {
  const [header, ...rows] = gunzipSync(readFileSync(path)).toString().trim().split('\n');
  const split = (row: string): string[] =>
    (row.trimEnd().match(/("[^"]*"|[^,]*)(,|$)/g) ?? []).map((field) => field.replace(/,$/, '').replaceAll('"', ''));
  const names = split(header);
  return rows.map((row) => {
    const fields = split(row);
    return Object.fromEntries(names.map((name, i) => [name, fields[i]]));
  });
};

const pence = (text: string): number => Math.round(Number(text) * 100);
const sum = (events: readonly Event[]): number =>
  events.reduce((total, { data }) => total + Math.round((data.amount as number) * 100), 0);
const ofType = (events: readonly Event[], type: string): Event[] => events.filter((event) => event.type === type);
const subjects = (events: readonly Event[]): number => new Set(events.map(({ subject }) => subject)).size;
const ids = (events: readonly Event[]): number => new Set(events.map(({ id }) => id)).size;

test('online-retail: customers, orders and money equal a slow count, by invoice and by line', async (t) => {
  const totals = real(t, 'online-retail/orders-to-2011-09-09.csv.gz');
  if (totals === undefined) return;
  const rows = table(totals).filter(({ customer, value }) => customer !== '' && pence(value) !== 0);
  const placed = rows.filter(({ invoice, value }) => !invoice.startsWith('C') && pence(value) > 0);
  const refunded = rows.filter(({ invoice }) => invoice.startsWith('C'));
  const byInvoice = await readFile('online-retail', totals);
  const byLine = await readFile('online-retail', join(FOLDER, 'online-retail/order-lines-to-2011-09-09.csv.gz'));
  for (const { events, tally } of [byInvoice, byLine]) {
    const orders = ofType(events, 'order.placed');
    const refunds = ofType(events, 'order.refunded');
    assert.deepEqual([orders.length, refunds.length], [placed.length, refunded.length]);
    assert.equal(subjects(events), new Set([...placed, ...refunded].map(({ customer }) => customer)).size);
    assert.equal(
      sum(orders),
      placed.reduce((total, { value }) => total + pence(value), 0),
    );
    assert.equal(sum(refunds), -refunded.reduce((total, { value }) => total + pence(value), 0));
    assert.equal(ids(events), events.length);
    assert.equal(tally.rejected.size, 0);
  }
  const facts = ({ type, subject, id, timeMs, data }: Event): unknown[] => [type, subject, id, timeMs, data.amount];
  assert.deepEqual(byLine.events.map(facts), byInvoice.events.map(facts));
  assert.ok(ofType(byLine.events, 'order.placed').every(({ data }) => (data.lines as unknown[]).length > 0));
});

test('bank: every row is a call on its date, and the published form gives the same', async (t) => {
  const path = real(t, 'bank/calls-2008-2009.csv.gz');
  if (path === undefined) return;
  const rows = table(path);
  const { events } = await readFile('bank', path);
  const calls = ofType(events, 'call.ended');
  assert.equal(events.length, rows.length * 4);
  assert.deepEqual(
    calls.map(({ subject, timeMs, data }) => [subject, new Date(timeMs).toISOString().slice(0, 10), data.disposition]),
    rows.map(({ row, date, y }) => [`bank-${row}`, date, `answered_${y === 'yes' ? 'converted' : 'not_interested'}`]),
  );
  const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
  const [first] = rows;
  const names = Object.keys(first).filter((name) => name !== 'row' && name !== 'date');
  const published = rows.map((row) =>
    [...names.map((name) => row[name]), Number(row.date.slice(8)), months[Number(row.date.slice(5, 7)) - 1]].map(
      (field) => (typeof field === 'number' ? field : `"${field}"`),
    ),
  );
  const header = [...names, 'day', 'month'].map((name) => `"${name}"`).join(';');
  const again = await readText(t, 'bank', [header, ...published.map((row) => row.join(';'))].join('\n'));
  assert.deepEqual(
    ofType(again.events, 'call.ended').map(({ timeMs }) => timeMs),
    calls.map(({ timeMs }) => timeMs),
  );
  assert.deepEqual(ofType(again.events, 'profile.updated')[0].data, ofType(events, 'profile.updated')[0].data);
});

test('hillstrom: e-mails, visits and spend equal a slow count', async (t) => {
  const path = real(t, 'hillstrom/emails-train.csv.gz');
  if (path === undefined) return;
  const rows = table(path);
  const { events } = await readFile('hillstrom', path);
  const mailed = rows.filter(({ segment }) => segment !== 'No E-Mail');
  assert.equal(subjects(events), rows.length);
  assert.equal(ofType(events, 'contact.sent').length, mailed.length);
  assert.equal(ofType(events, 'contact.clicked').length, rows.filter(({ visit }) => visit === '1').length);
  assert.equal(
    sum(ofType(events, 'order.placed')),
    rows.reduce((total, { spend }) => total + pence(spend), 0),
  );
});

test('cdnow: purchases and money equal a slow count', async (t) => {
  const path = real(t, 'cdnow/purchases-other-customers.csv.gz');
  if (path === undefined) return;
  const rows = table(path).filter(({ value }) => pence(value) > 0);
  const { events } = await readFile('cdnow', path);
  assert.equal(events.length, rows.length);
  assert.equal(ids(events), rows.length);
  assert.equal(subjects(events), new Set(rows.map(({ customer }) => customer)).size);
  assert.equal(
    sum(events),
    rows.reduce((total, { value }) => total + pence(value), 0),
  );
});
