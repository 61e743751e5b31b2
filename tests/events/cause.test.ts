import assert from 'node:assert/strict';
import { test } from 'node:test';
import { causeOf, headersOf, headersText, keptHeaders } from '../../src/events/cause.ts';
import type { MessageHeaders } from '../../src/events/message.ts';
import { RecordReader, RecordWriter } from '../../src/events/record.ts';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const header = (name: string, value: string | null): MessageHeaders[number] => [
  name,
  value === null ? null : Buffer.from(value),
];

test('kept is what is not of the event itself, copied; of too much only the trace', () => {
  const value = Buffer.from('a');
  const kept = keptHeaders([
    header('ce_id', '1'),
    header('Content-Type', 'x'),
    ['route', value],
    header('empty', null),
  ]);
  value.fill('b');
  assert.deepEqual(kept, [header('route', 'a'), header('empty', null)]);
  assert.equal(keptHeaders([header('ce_id', '1'), header('content-type', 'x')]), undefined);
  const large = header('baggage', 'x'.repeat(5000));
  assert.deepEqual(keptHeaders([large, header('TraceParent', TRACE)]), [header('TraceParent', TRACE)]);
  assert.equal(keptHeaders([large, header('traceparent', 'x'.repeat(5000))]), undefined);
});

test('an event hands on its headers, and the trace of its extensions where no header names one', () => {
  const records = new RecordWriter();
  const event = {
    type: 'order.placed',
    source: 's',
    subject: 'ada',
    timeMs: 0,
    data: { orderId: 'o', amount: 1 },
  } as const;
  records.write({ ...event, id: '1', extensions: { traceparent: TRACE, tracestate: 'a=1', other: 'x' } });
  records.write({ ...event, id: '2', extensions: undefined });
  const reader = new RecordReader(records.bytes());
  reader.next();
  assert.deepEqual(causeOf(reader), [header('traceparent', TRACE), header('tracestate', 'a=1')]);
  const headers = [header('Traceparent', 'of the message'), header('route', 'x')];
  assert.deepEqual(causeOf(reader, headers), [...headers, header('tracestate', 'a=1')]);
  reader.next();
  assert.deepEqual(causeOf(reader), []);
  const all = [header('a', '茶'), header('a', null), ['b', Buffer.from([0, 255])]] as MessageHeaders;
  assert.deepEqual(headersOf(headersText(all)), all);
});
