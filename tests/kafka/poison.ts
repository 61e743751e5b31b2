import type { MessageHeaders } from '../../src/events/message.ts';
import { cloudEvent } from '../support/cloud-event.ts';

/** A message that cannot be taken, and the code by which it is set aside. */
export interface Poison {
  readonly about: string;
  readonly code: string;
  readonly value: Buffer | null;
  readonly headers: MessageHeaders;
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const structured = (about: string, code: string, attributes: Record<string, unknown>): Poison => ({
  about,
  code,
  value: json(cloudEvent(attributes)),
  headers: [],
});

const raw = (about: string, code: string, value: Buffer | null, headers: MessageHeaders = []): Poison => ({
  about,
  code,
  value,
  headers,
});

const header = (name: string, text: string | Buffer): MessageHeaders[number] => [name, Buffer.from(text as string)];

const BINARY: MessageHeaders = [
  header('ce_specversion', '1.0'),
  header('ce_type', 'order.placed'),
  header('ce_source', '/shop'),
  header('ce_id', '1'),
  header('ce_subject', 'c'),
];

/** Every way in which a message of others is known to be wrong. */
export const POISON: readonly Poison[] = [
  raw('no value', 'MALFORMED_JSON', null),
  raw('an empty value', 'MALFORMED_JSON', Buffer.alloc(0)),
  raw('text', 'MALFORMED_JSON', Buffer.from('hello')),
  raw('half an event', 'MALFORMED_JSON', json(cloudEvent()).subarray(0, 60)),
  raw('bytes that are no UTF-8', 'MALFORMED_JSON', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])),
  raw('a list', 'REQUEST_INVALID', json([cloudEvent()])),
  raw('a number', 'REQUEST_INVALID', json(7)),
  raw('an object that is no event', 'EVENT_ATTRIBUTE_MISSING', json({ orderId: 1 })),
  structured('another version', 'EVENT_ATTRIBUTE_INVALID', { specversion: '0.3' }),
  structured('an unknown type', 'EVENT_TYPE_UNKNOWN', { type: 'order.palced' }),
  structured('no subject', 'EVENT_ATTRIBUTE_MISSING', { subject: undefined }),
  structured('an id that is a number', 'EVENT_ATTRIBUTE_INVALID', { id: 7 }),
  structured('an id that is too long', 'EVENT_ATTRIBUTE_INVALID', { id: 'x'.repeat(300) }),
  structured('a source that is no URI-reference', 'EVENT_ATTRIBUTE_INVALID', { source: 'a b' }),
  structured('a time in words', 'EVENT_ATTRIBUTE_INVALID', { time: 'yesterday' }),
  structured('a time ahead', 'EVENT_FROM_FUTURE', { time: '2090-01-01T00:00:00Z' }),
  structured('data of another type', 'EVENT_DATA_INVALID', { data: { sku: 'a' } }),
  structured('an amount as text', 'EVENT_DATA_INVALID', { data: { orderId: '1', amount: '59.90' } }),
  structured('an event that only Beckon makes', 'EVENT_TYPE_RESERVED', { type: 'customer.erased', data: {} }),
  structured('a schema of others', 'EVENT_SCHEMA_UNKNOWN', { dataschema: 'http://example.com/schema' }),
  raw('XML in the binary mode', 'EVENT_ATTRIBUTE_INVALID', Buffer.from('<order/>'), [
    ...BINARY,
    header('content-type', 'application/xml'),
  ]),
  raw('a header that is no UTF-8', 'EVENT_ATTRIBUTE_INVALID', json({}), [
    ...BINARY,
    header('ce_vendor', Buffer.from([0xff])),
  ]),
  raw('an Avro envelope', 'CONTENT_TYPE_UNSUPPORTED', Buffer.from([1, 2, 3]), [
    header('content-type', 'application/cloudevents+avro'),
  ]),
];
