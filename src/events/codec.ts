import { isUtf8 } from 'node:buffer';
import { formatTime } from '../base/clock.ts';
import { BeckonError, type ErrorCode } from '../base/errors.ts';
import { idProblem } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import type { Event } from './event.ts';
import { mediaType } from './media-type.ts';
import { isProblem, readEvent } from './validate.ts';

/** One event of a request that was not accepted, in the form that the answer shows. */
export interface RejectedEvent {
  /** Position in the request. */
  readonly index: number;
  /** Its id, where it has one that can be shown. */
  readonly id: string | undefined;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Told apart by {@link isRejected}. */
export type EventItem = Event | RejectedEvent;

export const isRejected = (item: EventItem): item is RejectedEvent => 'code' in item;

/** Names in lower case, as `node:http` gives them: latin1 text, repeated ones joined. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Media types of the structured and the batch mode. */
export const STRUCTURED = 'application/cloudevents+json';
export const BATCH = 'application/cloudevents-batch+json';
const PREFIX = 'ce-';

const parse = (body: Uint8Array): unknown => {
  if (!isUtf8(body)) throw new BeckonError('MALFORMED_JSON', 'the body is not UTF-8');
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
  } catch (cause) {
    throw new BeckonError('MALFORMED_JSON', 'the body is not JSON', { cause });
  }
};

/** Reads a structured CloudEvent as parsed. @param index position in the request */
export const readItem = (value: unknown, index: number): EventItem => {
  const result = readEvent(value);
  if (!isProblem(result)) return result;
  const id = (value as { id?: unknown } | null)?.id;
  const shown = typeof id === 'string' && idProblem(id) === undefined ? id : undefined;
  return { index, id: shown, code: result.code, message: result.message };
};

const readBatch = (body: Uint8Array): EventItem[] => {
  const values = parse(body);
  if (!Array.isArray(values)) throw new BeckonError('REQUEST_INVALID', 'a batch must be a JSON list of events');
  const { eventsPerRequestMax } = LIMITS;
  if (values.length > eventsPerRequestMax)
    throw new BeckonError(
      'BATCH_TOO_LARGE',
      `the request has ${values.length} events; at most ${eventsPerRequestMax} are allowed`,
      { details: { limit: eventsPerRequestMax, count: values.length } },
    );
  return values.map(readItem);
};

const HEX_PAIR = /%([\da-fA-F]{2})/g;

/**
 * The value of a `ce-` header as the HTTP binding of CloudEvents encodes it: perhaps quoted, percent-encoded UTF-8.
 * @returns undefined where the bytes are not UTF-8.
 */
const headerValue = (header: string): string | undefined => {
  let text = header.trim();
  if (text.length >= 2 && text.startsWith('"') && text.endsWith('"'))
    text = text.slice(1, -1).replaceAll(/\\(.)/g, '$1');
  if (/^[ -$&-~]*$/.test(text)) return text;
  const latin1 = text.replaceAll(HEX_PAIR, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const bytes = Buffer.from(latin1, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : undefined;
};

const readBinary = (contentType: string | undefined, headers: Headers, body: Uint8Array): EventItem => {
  const attributes = new Map<string, unknown>();
  for (const [name, header] of Object.entries(headers)) {
    if (!name.startsWith(PREFIX) || header === undefined) continue;
    const attribute = name.slice(PREFIX.length);
    const value = headerValue(Array.isArray(header) ? header.join(', ') : header);
    if (value === undefined || attribute === 'data' || attribute === 'data_base64' || attribute === 'datacontenttype') {
      const why = value === undefined ? 'must be percent-encoded UTF-8' : 'is no attribute that a header carries';
      return { index: 0, id: undefined, code: 'EVENT_ATTRIBUTE_INVALID', message: `the header ${name} ${why}` };
    }
    attributes.set(attribute, value);
  }
  if (contentType !== undefined) attributes.set('datacontenttype', contentType);
  const event = Object.fromEntries(attributes);
  // The content type is judged before the body, so that a form or XML is not called malformed JSON.
  if (body.length > 0 && (contentType === undefined || /json/i.test(contentType))) event.data = parse(body);
  return readItem(event, 0);
};

/**
 * The events of a `POST /v1/events`, in order, each read or rejected with its reason.
 * @throws BeckonError where the request as a whole cannot be read: MALFORMED_JSON, BATCH_TOO_LARGE,
 * REQUEST_INVALID, CONTENT_TYPE_UNSUPPORTED, EVENT_ATTRIBUTE_MISSING (no CloudEvent at all).
 */
export const readRequest = (contentType: string | undefined, headers: Headers, body: Uint8Array): EventItem[] => {
  const { name, utf8 } = mediaType(contentType ?? '');
  if (name === STRUCTURED || name === BATCH) {
    if (!utf8) throw new BeckonError('CONTENT_TYPE_UNSUPPORTED', 'events must be sent in UTF-8');
    return name === BATCH ? readBatch(body) : [readItem(parse(body), 0)];
  }
  if (name.startsWith('application/cloudevents'))
    throw new BeckonError('CONTENT_TYPE_UNSUPPORTED', `${name} is not read here; send ${STRUCTURED} or ${BATCH}`);
  for (const header in headers) if (header.startsWith(PREFIX)) return [readBinary(contentType, headers, body)];
  throw new BeckonError(
    'EVENT_ATTRIBUTE_MISSING',
    `this is no CloudEvent: send ${STRUCTURED}, ${BATCH}, or ce- headers (ce-specversion, ce-type, ce-source, ce-id, ce-subject)`,
  );
};

/** The structured CloudEvent of an event, for files and topics; `JSON.stringify` makes it text. */
export const toCloudEvent = (event: Event): Record<string, unknown> => ({
  specversion: '1.0',
  type: event.type,
  source: event.source,
  id: event.id,
  subject: event.subject,
  ...(Number.isNaN(event.timeMs) ? {} : { time: formatTime(event.timeMs) }),
  ...event.extensions,
  datacontenttype: 'application/json',
  data: event.data,
});
