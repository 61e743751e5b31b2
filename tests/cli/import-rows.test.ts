import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { Tally } from '../../src/cli/formats/tally.ts';
import { openText } from '../../src/cli/formats/text-file.ts';
import { importFormat } from '../../src/cli/import/import-format.ts';
import { readMap } from '../../src/cli/import/map.ts';
import { Problems } from '../../src/cli/import/problems.ts';
import { compileTime, timeFormatProblem } from '../../src/cli/import/time-format.ts';
import type { Event } from '../../src/events/event.ts';
import { tempFolder } from '../support/temp-folder.ts';

type Owner = Pick<TestContext, 'after'>;

const read = async (t: Owner, map: object, csv: string | Buffer) => {
  const path = join(tempFolder(t), 'a.csv');
  writeFileSync(path, csv);
  const parsed = readMap('a.yaml', JSON.stringify(map));
  const tally = new Tally();
  const problems = new Problems(undefined);
  const events: Event[] = [];
  const file = await openText(path, parsed.encoding);
  for await (const piece of importFormat(parsed, problems)(file, tally)) events.push(...piece);
  return { events, tally, problems: problems.shown };
};
const datas = (events: readonly Event[]): Event['data'][] => events.map(({ data }) => data);

test('times: tokens, zones, epochs, and what is no time', () => {
  const iso = (format: string | undefined, zone: string, cell: string): string | undefined => {
    const timeMs = compileTime(format, zone)(cell);
    return Number.isNaN(timeMs) ? undefined : new Date(timeMs).toISOString();
  };
  const cases: [string | undefined, string, string, string | undefined][] = [
    [undefined, 'Z', '2024-05-03', '2024-05-03T00:00:00.000Z'],
    [undefined, '+08:00', '2024-05-03 10:30', '2024-05-03T02:30:00.000Z'],
    [undefined, '+08:00', '2024-05-03T10:30:15.250Z', '2024-05-03T10:30:15.250Z'],
    [undefined, 'Z', '2024-05-03 10:30:15 +02:00', '2024-05-03T08:30:15.000Z'],
    [undefined, 'Z', '3.5.2024', undefined],
    ['DD.MM.YYYY', '+02:00', '03.05.2024', '2024-05-02T22:00:00.000Z'],
    ['D/M/YYYY H:mm', 'Z', '3/5/2024 9:05', '2024-05-03T09:05:00.000Z'],
    ['MM/DD/YYYY hh:mm A', 'Z', '05/03/2024 12:05 AM', '2024-05-03T00:05:00.000Z'],
    ['MM/DD/YYYY hh:mm A', 'Z', '05/03/2024 12:05 pm', '2024-05-03T12:05:00.000Z'],
    ['MM/DD/YYYY hh:mm A', 'Z', '05/03/2024 13:05 pm', undefined],
    ['YYYYMMDDHHmmss', 'Z', '20240503101559', '2024-05-03T10:15:59.000Z'],
    ['YYYY-MM-DD HH:mm:ss.SSS', 'Z', '2024-05-03 10:15:59.042', '2024-05-03T10:15:59.042Z'],
    ['DD.MM.YYYY', 'Z', '31.02.2024', undefined],
    ['DD.MM.YYYY', 'Z', '03x05x2024', undefined],
    ['unix', 'Z', '1714521600', '2024-05-01T00:00:00.000Z'],
    ['unixMs', '+08:00', '1714521600123', '2024-05-01T00:00:00.123Z'],
    ['unix', 'Z', 'soon', undefined],
  ];
  for (const [format, zone, cell, wanted] of cases) assert.equal(iso(format, zone, cell), wanted, `${format} ${cell}`);
  assert.match(timeFormatProblem('DD.MM') ?? '', /must hold YYYY/);
  assert.match(timeFormatProblem('DD.MM.YYYY hh:mm') ?? '', /needs both hh and A/);
  assert.match(timeFormatProblem('DD.MM.YYYY DD') ?? '', /twice/);
});

const LINES = { orderId: 'order', discount: 'off' };
const ORDERS = {
  rows: 'orders',
  subject: 'customer',
  time: 'at',
  decimal: ',',
  fields: LINES,
  lines: { sku: 'sku', quantity: 'n', price: 'price' },
};
const HEADER = 'order;customer;at;sku;n;price;off\n';

test('rows of an order are one event wherever they stand, to the cent', async (t) => {
  const line = fc.record({ n: fc.integer({ min: 1, max: 9 }), cents: fc.integer({ min: 0, max: 99_999 }) });
  const orders = fc.array(fc.array(line, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(orders, fc.array(fc.nat()), async (made, shuffle) => {
      const rows = made
        .flatMap((lines, order) => lines.map(({ n, cents }, i) => ({ order, i, n, cents })))
        .map((row, i) => ({ ...row, key: shuffle[i] ?? 0 }))
        .sort((a, b) => a.key - b.key);
      const csv = rows.map(
        ({ order, i, n, cents }) =>
          `${order};c${order % 2};2024-01-0${order + 1};s${i};${n};${Math.floor(cents / 100)},${String(cents % 100).padStart(2, '0')};`,
      );
      const { events, problems } = await read(t, ORDERS, HEADER + csv.join('\r\n'));
      assert.deepEqual(problems, []);
      assert.equal(events.length, made.length);
      for (const event of events) {
        const lines = made[Number(event.id)];
        const sum = lines.reduce((total, { n, cents }) => total + n * cents, 0);
        assert.equal(Math.round((event.data.amount as number) * 100), sum);
        assert.equal((event.data.lines as unknown[]).length, lines.length);
        assert.equal(event.subject, `c${Number(event.id) % 2}`);
      }
    }),
    { numRuns: 50 },
  );
});

test('an order with a row that cannot be used is left out whole, the others stay', async (t) => {
  const rows = [
    '1;a;2024-01-01;x;1;2,50;',
    '2;a;2024-01-01;x;1;2,50;',
    '1;a;2024-01-01;y;one;2,50;',
    '2;b;2024-01-01;x;1;1;',
  ];
  const { events, problems, tally } = await read(t, ORDERS, HEADER + [...rows, '3;a;2024-01-01;x;1;4;'].join('\n'));
  assert.deepEqual(
    events.map(({ id }) => id),
    ['3'],
  );
  assert.deepEqual(problems, [
    'a.csv:4: column "n": "one" is no number',
    'a.csv:5: the order 2 of line 3 has another customer',
    'a.csv:2: order 1 is left out whole, because line 4 of it cannot be used',
    'a.csv:3: order 2 is left out whole, because line 5 of it cannot be used',
  ]);
  assert.deepEqual([tally.rowsRead, tally.rejected.get('ROW_INVALID')], [5, 4]);
});

test('an amount of the order, an amount of the row, refunds by status and by sign', async (t) => {
  const csv = `${HEADER}1;a;2024-01-01;x;1;5;9\n1;a;2024-01-01;y;1;5;9\n`;
  const amounts = async (amount: unknown): Promise<unknown> =>
    (await read(t, { ...ORDERS, fields: { ...LINES, amount } }, csv)).events[0]?.data.amount;
  assert.equal(await amounts('price'), 5);
  assert.equal(await amounts({ column: 'price', sum: true }), 10);
  const single = { rows: 'orders', subject: 'c', time: 'at', fields: { orderId: 'o', amount: 'paid' } };
  const rows = 'o,c,at,paid,state\n1,a,2024-01-01,5,\n1,a,2024-01-03,2,back\n2,a,2024-01-01,-3,\n';
  const byState = await read(t, { ...single, refund: { column: 'state', is: ['back'] } }, rows);
  assert.deepEqual(
    byState.events.map(({ type, id, data }) => [type, id, data.amount]),
    [
      ['order.placed', '1', 5],
      ['order.refunded', '1/refund/1704240000000', 2],
    ],
  );
  assert.deepEqual(byState.problems, ['a.csv:4: order.placed: data.amount must be >= 0']);
  const bySign = await read(t, { ...single, refund: 'negative' }, 'o,c,at,paid\n2,a,2024-01-01,-3\n');
  assert.deepEqual([bySign.events[0].type, bySign.events[0].data], ['order.refunded', { orderId: '2', amount: 3 }]);
  const again = await read(t, single, 'o,c,at,paid\n1,a,2024-01-01,5\n1,a,2024-01-01,5\n1,a,2024-01-01,6\n');
  assert.deepEqual(
    again.events.map(({ id }) => id),
    ['1', '1'],
  );
  assert.match(again.problems[0], /^a\.csv:4: the order 1 of line 2 has another amount; say `lines`/);
});

test('tags, lists and aliases', async (t) => {
  const tags = { rows: 'tags', subject: 'c', fields: { add: { column: 'plus', separator: '|' }, remove: 'minus' } };
  const tagged = await read(t, tags, 'c,plus,minus\na,x | y|,z\nb,,\n');
  assert.deepEqual(datas(tagged.events), [{ attributes: {}, tagsAdded: ['x', 'y'], tagsRemoved: ['z'] }]);
  assert.ok(Number.isNaN(tagged.events[0].timeMs));
  const lists = { rows: 'lists', subject: 'c', fields: { list: { constant: 'vip' }, member: 'in', until: 'to' } };
  const listed = await read(t, lists, 'c,in,to\na,Y,2025-01-01\nb,0,\nc,,\nd,maybe,\n');
  assert.deepEqual(datas(listed.events), [
    { list: 'vip', member: true, until: '2025-01-01T00:00:00.000Z' },
    { list: 'vip', member: false },
  ]);
  assert.deepEqual(listed.problems, [
    'a.csv:4: column "in": is empty',
    'a.csv:5: column "in": "maybe" is no yes or no',
  ]);
  const aliases = { rows: 'aliases', subject: { column: 'c', scheme: 'member' }, aliases: { wecom: 'w' } };
  const linked = await read(t, aliases, 'c,w\n1,u1\n1,u1\n2,\n1,u2\n');
  assert.deepEqual(
    linked.events.map(({ subject, data }) => [subject, data.alias]),
    [
      ['member:1', 'wecom:u1'],
      ['member:1', 'wecom:u2'],
    ],
  );
});

test('what an event says makes its id, unless columns do', async (t) => {
  const map = { rows: 'profiles', subject: 'c', fields: { region: 'r' } };
  const ids = async (csv: string, more = {}): Promise<string[]> =>
    (await read(t, { ...map, ...more }, csv)).events.map(({ id }) => id);
  const [north, again, south] = await ids('c,r\na,north\na,north\na,south\n');
  assert.equal(north, again);
  assert.notEqual(north, south);
  assert.deepEqual(await ids('r,c\nnorth,a\n'), [north]);
  assert.deepEqual(await ids('c,r\na,north\n', { id: ['c', 'r'] }), ['a/north']);
});

test('lines are those of the file, also after cells over several lines, empty lines and damage', async (t) => {
  const map = { rows: 'profiles', subject: 'c', fields: { note: 'n', age: { column: 'age', type: 'number' } } };
  const csv = '\uFEFFc,n,age\r\n\r\na,"two\r\nlines",x\r\nb,short\r\nc,"quoted, ""well""",7\r\nd,plain,y\r\n';
  const { events, problems } = await read(t, map, csv);
  assert.deepEqual(datas(events), [{ attributes: { note: 'quoted, "well"', age: 7 } }]);
  assert.deepEqual(problems, [
    'a.csv:3: column "age": "x" is no number',
    'a.csv:5: has 2 cells, and the header 3',
    'a.csv:7: column "age": "y" is no number',
  ]);
});

test('encodings, numbers with thousands, texts that mean nothing, defaults', async (t) => {
  const map = {
    rows: 'profiles',
    subject: 'c',
    decimal: ',',
    thousands: '.',
    empty: ['NULL'],
    encoding: 'latin1',
    fields: {
      town: 't',
      spend: { column: 's', type: 'number', default: 0 },
      vip: { column: 'v', values: { j: true }, otherwise: false },
    },
  };
  const { events } = await read(t, map, Buffer.from('c;t;s;v\na;Köln;1.234.567,5;j\nb;NULL;;n\n', 'latin1'));
  assert.deepEqual(datas(events), [
    { attributes: { town: 'Köln', spend: 1_234_567.5, vip: true } },
    { attributes: { spend: 0, vip: false } },
  ]);
  const utf8 = await read(t, { ...map, encoding: undefined }, Buffer.from('c;t;s;v\na;Köln;1.23;j\n', 'latin1'));
  assert.deepEqual(utf8.problems, [
    'a.csv:2: column "t": "K\uFFFDln" is not in the encoding of the map',
    'a.csv:2: column "s": "1.23" is no number',
  ]);
});
