import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { isProblem, readEvent } from '../../src/events/validate.ts';
import { line, readFile, readText } from './read-format.ts';

const BANK = `"age";"job";"marital";"education";"default";"balance";"housing";"loan";"contact";"day";"month";"duration";"campaign";"pdays";"previous";"poutcome";"y"
41;"admin.";"single";"tertiary";"no";-12;"no";"yes";"cellular";30;"dec";100;1;-1;0;"unknown";"no"
52;"retired";"married";"primary";"no";7000;"yes";"no";"telephone";30;"dec";44;2;90;1;"failure";"no"
33;"student";"single";"secondary";"no";10;"no";"no";"unknown";2;"jan";333;1;-1;0;"unknown";"yes"
`;

test('bank: a row is a customer with alias, consent and profile before the call; the year follows the months', async (t) => {
  const { events, tally } = await readText(t, 'bank', BANK);
  assert.equal(tally.rowsRead, 3);
  assert.equal(events.length, 12);
  assert.deepEqual(events.slice(0, 4).map(line), [
    'identity.linked bank-0 0/alias 2008-12-30T08:59:59.000Z {"alias":"phone:bank-0"}',
    'consent.granted bank-0 0/consent 2008-12-30T08:59:59.000Z {"channel":"human_call"}',
    'profile.updated bank-0 0/profile 2008-12-30T08:59:59.000Z {"attributes":{"timezone":"Europe/Lisbon","age":41,' +
      '"job":"admin.","marital":"single","education":"tertiary","default":"no","balance":-12,"housing":"no","loan":"yes",' +
      '"contact":"cellular","campaign":1,"pdays":-1,"previous":0,"poutcome":"unknown"}}',
    'call.ended bank-0 0/call 2008-12-30T09:00:00.000Z {"callId":"bank-0","campaignId":"term-deposit",' +
      '"disposition":"answered_not_interested","talkSeconds":100}',
  ]);
  assert.match(line(events[7]), /^call.ended bank-1 1\/call 2008-12-30T09:00:20.000Z/);
  assert.match(line(events[11]), /^call.ended bank-2 2\/call 2009-01-02T09:00:00.000Z .*"answered_converted"/);
});

test('hillstrom: what was sent, and a week later what came of it', async (t) => {
  const rows = [
    'recency,history_segment,history,mens,womens,zip_code,newbie,channel,segment,visit,conversion,spend',
    '10,"7) $1,000 +",1042.44,1,0,Rural,0,Phone,Womens E-Mail,1,1,29.99',
    '1,2) $100 - $200,120,0,1,Urban,1,Web,No E-Mail,1,0,0',
    '2,2) $100 - $200,120,0,1,Urban,1,Web,Mens E-Mail,0,0,0',
  ];
  const { events } = await readText(t, 'hillstrom', rows.join('\r\n'));
  assert.deepEqual(events.map(line), [
    'identity.linked email-0 0/alias 2008-03-20T15:00:00.000Z {"alias":"email:email-0"}',
    'consent.granted email-0 0/consent 2008-03-20T15:00:00.000Z {"channel":"email"}',
    'profile.updated email-0 0/profile 2008-03-20T15:00:00.000Z {"attributes":{"timezone":"America/New_York",' +
      '"recency":10,"history_segment":"7) $1,000 +","history":1042.44,"mens":1,"womens":0,"zip_code":"Rural",' +
      '"newbie":0,"channel":"Phone"}}',
    'contact.sent email-0 0/sent 2008-03-20T15:00:01.000Z {"channel":"email","contactId":"email-0",' +
      '"actionId":"womens_email","campaignId":"hillstrom"}',
    'contact.clicked email-0 0/visit 2008-03-27T15:00:01.000Z {"channel":"email","contactId":"email-0",' +
      '"actionId":"womens_email","campaignId":"hillstrom"}',
    'order.placed email-0 0/order 2008-03-27T15:00:01.000Z {"orderId":"email-0","amount":29.99}',
    'identity.linked email-1 1/alias 2008-03-20T15:00:00.000Z {"alias":"email:email-1"}',
    'consent.granted email-1 1/consent 2008-03-20T15:00:00.000Z {"channel":"email"}',
    line(events[8]),
    'contact.clicked email-1 1/visit 2008-03-27T15:00:01.000Z {"channel":"email","contactId":"email-1","campaignId":"hillstrom"}',
    ...events.slice(10, 13).map(line),
    'contact.sent email-2 2/sent 2008-03-20T15:00:01.000Z {"channel":"email","contactId":"email-2",' +
      '"actionId":"mens_email","campaignId":"hillstrom"}',
  ]);
});

test('cdnow: the master file without a header and the file with one give the same events', async (t) => {
  const master = ' 00007 19970101  1   11.77\n 00007 19970101  2   5.00\n 00009 19970302  1    0.00\n';
  const table = 'customer,date,cds,value\n00007,1997-01-01,1,11.77\n00007,1997-01-01,2,5.00\n00009,1997-03-02,1,0.00\n';
  const { events, tally } = await readText(t, 'cdnow', master);
  assert.deepEqual(events.map(line), [
    'order.placed 00007 00007/19970101/1 1997-01-01T00:00:00.000Z {"orderId":"00007/19970101/1","amount":11.77}',
    'order.placed 00007 00007/19970101/2 1997-01-01T00:00:00.000Z {"orderId":"00007/19970101/2","amount":5}',
  ]);
  assert.deepEqual([...tally.skipped], [['value is not positive', 1]]);
  assert.deepEqual((await readText(t, 'cdnow', table)).events, events);
});

const RETAIL = `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
700001,85A,"MUG, ""BIG""",3,12/1/2010 8:26,2.55,101,France
700001,85A,"MUG, ""BIG""",1,12/1/2010 8:26,2.55,101,France
700002,90B,Bowl,3,12/1/2010 8:28,0.335,102,Spain
700001,91,Vase,10,12/1/2010 8:27,0.1,101,France
700001,D,Discount,-1,12/1/2010 8:27,0.7,101,France
700002,92,Tray,1,12/1/2010 8:28,7,103,Spain
700003,92,Tray,1,12/1/2010 8:29,7,,Spain
700004,92,Tray,2,12/1/2010 8:29,0,104,Spain
C70005,92,Tray,-2,12/2/2010 10:00,7.01,105.0,Spain
700006,92,Tray,many,12/2/2010 10:00,7.01,105,Spain
700007,92,Tray,5000000000,12/2/2010 10:00,0.01,105,Spain
`;

test('online-retail: lines are summed exactly by invoice and customer, wherever they stand', async (t) => {
  const { events, tally } = await readText(t, 'online-retail', RETAIL);
  assert.deepEqual(events.map(line), [
    'order.placed 101 700001 2010-12-01T08:26:00.000Z {"orderId":"700001","amount":10.5,"lines":[' +
      '{"sku":"85A","quantity":4,"price":2.55},{"sku":"91","quantity":10,"price":0.1}]}',
    'order.placed 102 700002 2010-12-01T08:28:00.000Z {"orderId":"700002","amount":1.01,"lines":[' +
      '{"sku":"90B","quantity":3,"price":0.335}]}',
    'order.placed 103 700002/103 2010-12-01T08:28:00.000Z {"orderId":"700002","amount":7,"lines":[' +
      '{"sku":"92","quantity":1,"price":7}]}',
    'order.refunded 105 C70005 2010-12-02T10:00:00.000Z {"orderId":"C70005","amount":14.02}',
  ]);
  assert.equal(tally.rowsRead, 11);
  assert.deepEqual(
    [...tally.skipped],
    [
      ['no customer', 1],
      ['value is not positive', 1],
    ],
  );
  assert.deepEqual([...tally.rejected], [['ROW_INVALID', 2]]);
  assert.match(tally.problems[0], /row 11: invoice, customer, time or amount is not one/);
});

test('online-retail: an invoice of more lines than an event holds keeps its amount', async (t) => {
  const rows = Array.from({ length: 5000 }, (_, i) => `1,S${i},1,2010-12-01 08:26,0.01,7,X`);
  const text = ['invoice,stock,qty,time,price,customer,country', ...rows].join('\n');
  const [event] = (await readText(t, 'online-retail', text)).events;
  assert.equal(event.data.amount, 50);
  const { type, source, id, subject, data } = event;
  assert.ok(!isProblem(readEvent({ specversion: '1.0', type, source, id, subject, data })));
});

test('cloudevents: each line is read as the HTTP door reads it', async (t) => {
  const good = { specversion: '1.0', type: 'friend.added', source: 's', id: '1', subject: 'c', data: { staffId: 'a' } };
  const lines = [JSON.stringify(good), '', '{"specversion":', JSON.stringify({ ...good, type: 'friend.add' })];
  const { events, tally } = await readText(t, 'cloudevents', lines.join('\n'));
  assert.equal(events.length, 1);
  assert.equal(tally.rowsRead, 3);
  assert.deepEqual(
    [...tally.rejected],
    [
      ['MALFORMED_JSON', 1],
      ['EVENT_TYPE_UNKNOWN', 1],
    ],
  );
  assert.match(tally.problems[1], /line 4: .*friend\.added/);
});

test('a gzipped file is the same file', async (t) => {
  const plain = await readText(t, 'bank', BANK);
  const packed = await readText(t, 'bank', gzipSync(BANK));
  assert.deepEqual(packed.events, plain.events);
});

test('a file of another form is refused with what was looked for and what was found', async (t) => {
  await assert.rejects(readText(t, 'bank', 'a,b\n1,2\n'), {
    code: 'FILE_UNREADABLE',
    message: /looked for the columns age, job, day, month, duration, y; or row, date, .*; found a, b$/,
  });
  await assert.rejects(readText(t, 'cdnow', ''), { code: 'FILE_UNREADABLE', message: /found nothing$/ });
  await assert.rejects(readText(t, 'bank', gzipSync(BANK).subarray(0, 60)), { code: 'FILE_UNREADABLE' });
  await assert.rejects(readFile('bank', 'no-such-file'), { code: 'FILE_UNREADABLE' });
});

test('rows that nobody foresaw are counted, and never make an event that the service refuses', async (t) => {
  const field = fc.oneof(
    fc.constantFrom('1', '-1', '0.005', '1e9', '999999999999', '2010-12-01', '0001-01-01', '19970101', 'C1', 'yes', ''),
    fc.string({ maxLength: 300 }),
    fc.constant('Mens E-Mail'),
    fc.constant('\u0000'),
  );
  const good: Record<string, [header: string, row: string[]]> = {
    bank: ['row,date,age,job,duration,y', ['1', '2008-05-05', '40', 'admin.', '10', 'no']],
    hillstrom: ['recency,history,segment,visit,spend', ['1', '29.9', 'No E-Mail', '1', '5']],
    cdnow: ['customer,date,cds,value', ['1', '19970101', '1', '5']],
    'online-retail': ['invoice,stock,qty,time,price,customer', ['1', 'a', '1', '2010-12-01 08:26', '2', '7']],
  };
  for (const [format, [header, row]] of Object.entries(good)) {
    const damage = fc.array(fc.tuple(fc.nat(row.length), field), { maxLength: 2 });
    const damaged = damage.map((changes) =>
      changes.reduce((fields, [place, text]) => fields.with(place % fields.length, text), row),
    );
    const rows = fc.array(damaged, { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(rows, async (table) => {
        const text = [header, ...table.map((row) => row.join(','))].join('\n');
        for (const event of (await readText(t, format, text)).events) {
          const { type, source, id, subject, data, timeMs } = event;
          const time = new Date(timeMs).toISOString();
          const result = readEvent({ specversion: '1.0', type, source, id, subject, time, data });
          assert.ok(!isProblem(result), JSON.stringify(result));
        }
      }),
      { numRuns: 30 },
    );
  }
});
